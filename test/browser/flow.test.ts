import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { findBrowser, openPageOf } from '../support/browser.ts';
import { heldSource } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { startServer } from '../support/server-process.ts';
import { withServer } from '../support/with-server.ts';

// The page in real Chromium, on the real server: what people do with it.

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 10 * MIB);

await withServer('Chromium', findBrowser, (start) => {
  let browser: Browser;
  let folder: string;
  let origin: Origin;

  beforeAll(async () => {
    browser = await start();
  });
  afterAll(async () => await browser.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'piecework-browser-'));
    await mkdir(join(folder, 'out'));
    origin = await startOrigin();
  });
  afterEach(async () => {
    await origin[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const held = () => heldSource(origin, BYTES, '/disk.iso');

  test('a copy is seen piece by piece, through a kill -9 of its server, to its end', async () => {
    const { gate, url } = held();
    await using first = await startServer(folder);
    const destination = join(folder, 'out', 'disk.iso');
    const request = { source: { url }, destination, options: { pieceSizeBytes: MIB, parallelism: 2 } };
    const { id } = await first.client.submit(request);
    await using opened = await openPageOf(browser, first, { path: `/transfers/${id}` });
    const { page, errors } = opened;
    await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0));
    gate.letOneGo();
    await page.getByRole('heading', { name: /[12] of 10 pieces done/ }).waitFor();
    await page.getByText('The map as text').click();
    await page
      .getByText(/^\d+ in flight$/)
      .first()
      .waitFor();
    await page
      .getByText(/^127\.0\.0\.1:\d+#\d+/)
      .first()
      .waitFor();

    first.process.kill('SIGKILL');
    await first.ended;
    await page.getByText('The server can’t be reached').waitFor();
    const port = new URL(first.server.url).port;
    await using second = await startServer(folder, ['--listen', `127.0.0.1:${port}`]);
    await page.getByText('The server can’t be reached').waitFor({ state: 'detached' });
    gate.open();
    await page.getByRole('heading', { name: '10 of 10 pieces done' }).waitFor();
    await page.getByText('Completed', { exact: true }).first().waitFor();
    await second.untilEnded(id);
    expect(await readFile(destination)).toEqual(Buffer.from(BYTES));
    expect(errors).toEqual([]);
  });

  test('links are pasted, asked, and brought', async () => {
    const urls = ['/a.bin', '/b.bin'].map((path) => origin.serve(path, { size: 1000 }));
    await using server = await startServer(folder);
    await using opened = await openPageOf(browser, server, { path: '/new' });
    const { page, errors } = opened;
    await page.getByLabel('Links, one on each line').fill(`# two\n${urls[0]},first\n${urls[1]}\nno link`);
    await page.getByText('2 links, 1 line without one').waitFor();
    await page.getByLabel('Where to').fill(`${folder}/out/`);
    await page.getByRole('button', { name: 'Start 2' }).click();
    await page.getByRole('link', { name: 'a.bin' }).waitFor();
    await page.getByText('Completed', { exact: true }).nth(1).waitFor();
    expect(await readFile(join(folder, 'out', 'b.bin'))).toHaveLength(1000);
    expect(errors).toEqual([]);
  });

  test('what failed is retried with a new link, by keys alone', async () => {
    const url = origin.serve('/there.bin', { size: 1000 });
    await using server = await startServer(folder);
    const missing = `${origin.base}/missing.bin`;
    const { id } = await server.client.submit({ source: { url: missing }, destination: join(folder, 'out', 'it.bin') });
    await server.untilEnded(id);
    await using opened = await openPageOf(browser, server);
    const { page, errors } = opened;
    await page.getByRole('link', { name: 'it.bin' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('it.bin');
    await page.locator(`[data-id="${id}"]`).focus();
    await page.keyboard.press('Space');
    await page.getByText('1 item selected').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('There is nothing at the link').waitFor();
    await page.getByRole('button', { name: 'Retry with a new link' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Link', { exact: true }).focus();
    await page.keyboard.type(url);
    await page.keyboard.press('Enter');
    await page.getByText('Completed', { exact: true }).first().waitFor();
    expect(errors).toEqual([]);
  });

  test('several are selected and cancelled', async () => {
    const { url } = held();
    await using server = await startServer(folder);
    const ids: string[] = [];
    for (const name of ['one', 'two'])
      ids.push((await server.client.submit({ source: { url }, destination: join(folder, 'out', name) })).id);
    await using opened = await openPageOf(browser, server);
    const { page, errors } = opened;
    await page.getByRole('link', { name: 'two' }).waitFor();
    await page.getByLabel('Select all that are shown').click();
    await page.getByRole('button', { name: 'Cancel 2' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel 2' }).click();
    await page.getByText('Cancelled', { exact: true }).nth(1).waitFor();
    for (const id of ids) expect((await server.untilEnded(id)).status).toBe('cancelled');
    expect(errors).toEqual([]);
  });

  test('one is paused and resumed, and then everything', async () => {
    const { gate, url } = held();
    await using server = await startServer(folder);
    const destination = join(folder, 'out', 'disk.iso');
    const options = { pieceSizeBytes: MIB, parallelism: 2 };
    const { id } = await server.client.submit({ source: { url }, destination, options });
    await using opened = await openPageOf(browser, server, { path: `/transfers/${id}` });
    const { page, errors } = opened;
    await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0));
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    gate.letOneGo();
    gate.letOneGo();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause all' }).click();
    await page.getByRole('button', { name: 'Resume all' }).click();
    gate.open();
    await page.getByText('Completed', { exact: true }).first().waitFor();
    expect(await readFile(destination)).toEqual(Buffer.from(BYTES));
    expect(errors).toEqual([]);
  });
});
