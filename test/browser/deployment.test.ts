import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
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
async function openConsole(browser: Browser, { url }: ServedApi): Promise<Opened> {
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<{ readonly url: string; readonly token: string }>();
  const auth = { kind: 'apiKey', key: 'a-key' } as const;
  const ended = serveConsole({ apiUrl: url, auth, onListening: resolve }, stop.signal);
  const { url: base, token } = await promise;
  const opened = await openPageOf(browser, { server: { url: base }, token });
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      stop.abort();
      await ended;
    },
  };
}
