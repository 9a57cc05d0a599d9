import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { DryRunReport, DryRuns } from '../../lib/api/dry-run/dry-runs.ts';
import { allowedOnly } from '../../lib/api/requests/destinations.ts';
import { USUAL_WORKERS } from '../../lib/aws/names.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { serveConsole } from '../../lib/local/console/serve-console.ts';
import { KEYS } from '../../lib/records/records.ts';
import { apiBench } from '../support/api-bench.ts';
import type { Opened } from '../support/browser.ts';
import { faultsOf, findBrowser, openPageOf } from '../support/browser.ts';
import type { ServedApi } from '../support/serve-api.ts';
import { serveApi } from '../support/serve-api.ts';
import { withServer } from '../support/with-server.ts';

// The page of a deployment, whose API is here and its functions are not: what is different there.

const SINCE = '2026-01-01T11:00:00.000Z';
const LOOK: Omit<DryRunReport, 'destination'> = {
  finalUrl: 'https://host.example/disk.iso',
  snapshot: { sizeBytes: 1e10, ranges: true, validator: { kind: 'strong', etag: '"v1"' }, digests: {}, warnings: [] },
  exists: false,
  plan: { mode: 'pieces', sizeBytes: 1e10, pieceSizeBytes: 1e7, pieceCount: 1000 },
  warnings: [],
  connectionBytesPerSecond: 5e7,
};
const PATIENCE = { timeout: 60_000, interval: 100 };

await withServer('Chromium', findBrowser, (start) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await start();
  });
  afterAll(async () => await browser.close());

  test('paused, it says so, since when and why; going on, it says nothing', async () => {
    const bench = apiBench();
    await bench.records.put(KEYS.pause, { v: 1, since: SINCE, because: 'a move' }, 'absent');
    await using served = await serveApi(bench.app);
    await using opened = await openConsole(browser, served);
    const { page, errors } = opened;
    const banner = page.getByText(/^This deployment is paused for .*: a move\. What is submitted is kept and waits/);
    await banner.waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await bench.records.delete(KEYS.pause);
    // It asks again after half a minute of the page's time.
    await page.clock.install();
    await vi.waitFor(async () => {
      await page.clock.fastForward(5_000);
      expect(await banner.count()).toBe(0);
    }, PATIENCE);
    expect(errors).toEqual([]);
  });

  test('New says what the sources have and what it would cost, and of one that can’t be had why', async () => {
    const look: DryRuns['look'] = async ({ source, destination }) => {
      if (source.url.endsWith('missing')) throw new PieceworkError('SourceNotFound', 'there is nothing at this URL');
      return { ...LOOK, destination };
    };
    const dryRuns = { locate: allowedOnly([{ bucket: 'bucket', prefix: 'in/' }]), look };
    await using served = await serveApi(apiBench({ dryRuns, workers: USUAL_WORKERS }).app);
    await using opened = await openConsole(browser, served, '/new');
    const { page, errors } = opened;
    await page
      .getByLabel('Links, one on each line')
      .fill('https://host.example/disk.iso\nhttps://host.example/missing');
    await page.getByLabel('Where to').fill('s3://bucket/in/');
    await page.getByRole('button', { name: 'Look first' }).click();
    await page.getByText(/^About \$0\.\d+ of AWS, by list prices of us-east-1/).waitFor();
    await page.getByRole('cell', { name: '1000 of 9.5 MiB' }).waitFor();
    await page.getByRole('cell', { name: /^\$0\.\d+$/ }).waitFor();
    await page.getByRole('cell', { name: 'there is nothing at this URL' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('a caller whom the gateway refuses is told so, and not that the server is gone', async () => {
    await using served = await serveApi({
      fetch: () =>
        Response.json({ message: 'User: ann is not authorized to perform: execute-api:Invoke' }, { status: 403 }),
    });
    await using opened = await openConsole(browser, served);
    const { page } = opened;
    await page.getByText(/^You may not look here: .*refuses the caller \(403\): User: ann is not authorized/).waitFor();
    expect(await page.getByText('The server can’t be reached').count()).toBe(0);
    expect(await faultsOf(page)).toEqual([]);
  });
});

/** What `piecework console --api URL` serves, and the page of it. */
async function openConsole(browser: Browser, { url }: ServedApi, path = ''): Promise<Opened> {
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<{ readonly url: string; readonly token: string }>();
  const auth = { kind: 'apiKey', key: 'a-key' } as const;
  const ended = serveConsole({ apiUrl: url, auth, onListening: resolve }, stop.signal);
  const { url: base, token } = await promise;
  const opened = await openPageOf(browser, { server: { url: base }, token }, { path });
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      stop.abort();
      await ended;
    },
  };
}
