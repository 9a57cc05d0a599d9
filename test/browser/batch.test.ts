import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { findBrowser, openPageOf } from '../support/browser.ts';
import { Gate, rangesOf } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { startServer } from '../support/server-process.ts';
import { withServer } from '../support/with-server.ts';

// Batches in the page, in real Chromium, on the real server.

const BYTES = patternBytes(0, 1000);

await withServer('Chromium', findBrowser, (start) => {
  let browser: Browser;
  let folder: string;
  let origin: Origin;

  beforeAll(async () => {
    browser = await start();
  });
  afterAll(async () => await browser.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'piecework-browser-batch-'));
    origin = await startOrigin();
  });
  afterEach(async () => {
    await origin[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('links are pasted as one batch; what failed is grouped by its cause, and retried', async () => {
    const urls = Array.from({ length: 5 }, (_, number) => origin.serve(`/${number}.bin`, rangesOf(BYTES)));
    await using server = await startServer(folder);
    await using opened = await openPageOf(browser, server, { path: '/new' });
    const { page, errors } = opened;
    await page.getByLabel('Links, one on each line').fill([...urls, `${origin.base}/late.bin`].join('\n'));
    await page.getByLabel('Where to').fill(`${folder}/out/`);
    await page.getByLabel('As one batch, with one report').check();
    await page.getByRole('button', { name: 'Start 6' }).click();
    await page.getByRole('heading', { name: '6 entries' }).waitFor();
    await page.getByText('There is nothing at the link').waitFor();
    origin.serve('/late.bin', rangesOf(BYTES));
    await page.getByRole('button', { name: 'Retry 1' }).click();
    await page.getByText('There is nothing at the link').waitFor({ state: 'detached' });
    await page.getByText('Completed', { exact: true }).first().waitFor();
    expect((await readdir(join(folder, 'out'))).filter((name) => name.endsWith('.bin'))).toHaveLength(6);
    expect(errors).toEqual([]);
  });

  test('a batch is paused and resumed', async () => {
    const gate = new Gate();
    const urls = Array.from({ length: 40 }, (_, number) =>
      origin.serve(
        `/${number}.bin`,
        rangesOf(BYTES, () => gate.pass()),
      ),
    );
    await using server = await startServer(folder);
    const entries = urls.map((url) => ({ sources: [url] }));
    const { id } = await server.client.submitBatch({ entries, destination: `${folder}/out/` });
    await using opened = await openPageOf(browser, server, { path: `/batches/${id}` });
    const { page, errors } = opened;
    await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), { timeout: 20_000 });
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
    gate.open();
    await vi.waitFor(async () => expect((await server.client.service()).counts).toMatchObject({ paused: 1 }), {
      timeout: 20_000,
    });
    expect((await server.client.getBatch(id)).counters.done).toBeLessThan(40);
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByText('Completed', { exact: true }).first().waitFor();
    expect(errors).toEqual([]);
  });
});
