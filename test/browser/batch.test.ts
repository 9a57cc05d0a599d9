import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { findBrowser, openPageOf } from '../support/browser.ts';
import { browserWorld } from '../support/browser-world.ts';
import { Gate, rangesOf } from '../support/many-bench.ts';
import { patternBytes } from '../support/pattern.ts';
import { startServer } from '../support/server-process.ts';
import { withServer } from '../support/with-server.ts';

// Batches on the page: begun by paste, paused, retried where they failed, with their report.

const SMALL = patternBytes(0, 2_000);
const WAIT = { timeout: 20_000 };

await withServer('Chromium', findBrowser, (start) => {
  const world = browserWorld(start);

  test('a list is pasted as one batch; what failed is seen by its cause, and run again', async () => {
    const urls = Array.from({ length: 6 }, (_, number) =>
      world.origin.serve(`/f-${number}.bin`, { bytes: SMALL.subarray(0, 100 + number) }),
    );
    world.origin.remove('/f-2.bin');
    world.origin.remove('/f-4.bin');
    await using server = await startServer(world.folder);
    await using opened = await openPageOf(world.browser, server, { path: '/new' });
    const { page, errors } = opened;
    await page.getByLabel('Links, one on each line').fill(urls.join('\n'));
    await page.getByLabel('Where to').fill(`${world.folder}/out/`);
    await page.getByLabel('As one batch, with one report').click();
    await page.getByRole('button', { name: 'Start 6' }).click();
    await page.getByText('Some failed', { exact: true }).waitFor();
    await page.getByText('4 + 0 + 2 + 0 + 0 left = 6 of 6 entries').waitFor();
    const causes = page.getByRole('region', { name: 'Failures by cause' });
    await causes.getByText('There is nothing at the link.').waitFor();
    await causes.getByText('Which, for example').click();
    await causes.getByText('f-4.bin', { exact: true }).waitFor();
    const map = page.getByRole('slider', { name: 'Map: choose an entry' });
    await map.press('Home');
    for (let number = 0; number < 2; number += 1) await map.press('ArrowRight');
    await page.getByText('Entry 3: failed').waitFor();

    world.origin.serve('/f-2.bin', { bytes: SMALL.subarray(0, 102) });
    world.origin.serve('/f-4.bin', { bytes: SMALL.subarray(0, 104) });
    await page.getByRole('button', { name: 'Retry 2' }).waitFor();
    await causes.getByRole('button', { name: 'Retry what failed' }).click();
    await causes.waitFor({ state: 'detached' });
    await page.getByText('6 + 0 + 0 + 0 + 0 left = 6 of 6 entries').waitFor();
    await page.getByText('Completed', { exact: true }).first().waitFor();
    expect(await readFile(join(world.folder, 'out', 'f-4.bin'))).toHaveLength(104);
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the report' }).click();
    const lines = (await readFile(await (await saving).path(), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(
      urls.map((source, index) => ({ entry: index + 1, kind: 'done', source })),
    );
    await page.getByRole('link', { name: '← All transfers' }).click();
    await page.getByText('batch of 6').waitFor();
    expect(errors).toEqual([]);
  });

  test('paused, a batch begins nothing more; resumed, it comes to its end', async () => {
    const gate = new Gate();
    const urls = Array.from({ length: 40 }, (_, number) =>
      world.origin.serve(
        `/${number}.bin`,
        rangesOf(SMALL, () => gate.pass()),
      ),
    );
    await using server = await startServer(world.folder);
    const entries = urls.map((url) => ({ sources: [url] }));
    const { id } = await server.client.submitBatch({ entries, destination: `${world.folder}/out/` });
    await using opened = await openPageOf(world.browser, server, { path: `/batches/${id}` });
    const { page, errors } = opened;
    await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), WAIT);
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
    gate.open();
    await vi.waitFor(async () => expect((await server.client.service()).counts).toMatchObject({ paused: 1 }), WAIT);
    expect((await server.client.getBatch(id)).counters.done).toBeLessThan(40);
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByText('Completed', { exact: true }).first().waitFor();
    expect(errors).toEqual([]);
  });

  test('a batch is paused, resumed and cancelled', async () => {
    const gate = new Gate();
    const urls = Array.from({ length: 40 }, (_, number) =>
      world.origin.serve(
        `/f-${number}.bin`,
        rangesOf(SMALL, () => gate.pass()),
      ),
    );
    await using server = await startServer(world.folder);
    const { client } = server;
    const { id } = await client.submitBatch({
      entries: urls.map((url) => ({ sources: [url] })),
      destination: `${world.folder}/out/`,
      options: { perHost: 2 },
    });
    await using opened = await openPageOf(world.browser, server, { path: `/batches/${id}` });
    const { page, errors } = opened;
    await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), WAIT);
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    expect(await client.getBatch(id)).toMatchObject({ paused: true });
    gate.letOneGo();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByText('Running', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Cancel …' }).click();
    await page.getByRole('button', { name: 'Cancel the batch' }).click();
    gate.open();
    await page.getByText('Cancelled', { exact: true }).first().waitFor();
    await vi.waitFor(async () => expect((await client.getBatch(id)).status).toBe('cancelled'), WAIT);
    expect(errors).toEqual([]);
  });
});
