import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { faultsOf, findBrowser, openPageOf } from '../support/browser.ts';
import { browserWorld } from '../support/browser-world.ts';
import { heldSource } from '../support/many-bench.ts';
import { redirect } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { startServer } from '../support/server-process.ts';
import { withServer } from '../support/with-server.ts';

// The page in real Chromium, on the real server: what people do with it.

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 10 * MIB);

await withServer('Chromium', findBrowser, (start) => {
  const world = browserWorld(start);
  const held = () => heldSource(world.origin, BYTES, '/disk.iso');

  test('a copy is seen piece by piece, through a kill -9 of its server, to its end', async () => {
    const { gate, url } = held();
    await using first = await startServer(world.folder);
    const destination = join(world.folder, 'out', 'disk.iso');
    const request = { source: { url }, destination, options: { pieceSizeBytes: MIB, parallelism: 2 } };
    const { id } = await first.client.submit(request);
    await using opened = await openPageOf(world.browser, first, { path: `/transfers/${id}` });
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
    expect(await faultsOf(page)).toEqual([]);
    const port = new URL(first.server.url).port;
    await using second = await startServer(world.folder, ['--listen', `127.0.0.1:${port}`]);
    await page.getByText('The server can’t be reached').waitFor({ state: 'detached' });
    gate.open();
    await page.getByRole('heading', { name: '10 of 10 pieces done' }).waitFor();
    await page.getByText('Completed', { exact: true }).first().waitFor();
    await second.untilEnded(id);
    expect(await readFile(destination)).toEqual(Buffer.from(BYTES));
    expect(errors).toEqual([]);
  });

  test('links are pasted, asked, and brought', async () => {
    const digest = createHash('sha256').update(patternBytes(0, 1000)).digest('base64');
    const headers = { 'repr-digest': `sha-256=:${digest}:`, 'content-type': 'application/x-iso' };
    const a = world.origin.serve('/a.bin', { size: 1000, headers });
    world.origin.serve('/real.bin', { size: 20 * MIB });
    const b = world.origin.serve('/b.bin', redirect('/real.bin'));
    await writeFile(join(world.folder, 'out', 'b.bin'), 'of before');
    await using server = await startServer(world.folder);
    await using opened = await openPageOf(world.browser, server, { path: '/new' });
    const { page, errors } = opened;
    const links = page.getByLabel('Links, one on each line');
    await links.fill(`# three\n${a},first\n${b}\n${world.origin.base}/missing.bin\nno link`);
    await page.getByText('3 links, 1 line without one').waitFor();
    await page.getByLabel('Where to').fill(`${world.folder}/out/`);
    await page.getByRole('button', { name: 'Look first' }).click();
    await page.getByRole('heading', { name: '20 MiB in 2 files, 1 can’t be had' }).waitFor();
    const cellsOf = async (name: string) =>
      await page.getByRole('row').filter({ hasText: name }).getByRole('cell').allTextContents();
    const unknown = '–';
    expect(await cellsOf('a.bin')).toEqual([
      expect.stringContaining('publishes sha256'),
      '1000 B',
      'yes',
      'strong ETag',
      'application/x-iso',
      '1',
      unknown,
    ]);
    const [what, ...rest] = await cellsOf('b.bin');
    expect(what).toContain(`redirected to ${new URL(b).host}`);
    expect(what).toContain('Something is there already.');
    expect(rest.slice(0, 3)).toEqual(['20 MiB', 'yes', 'strong ETag']);
    expect(rest[4]).toMatch(/^\d+ of \d MiB$/);
    expect((await cellsOf('missing.bin'))[1]).toContain('there is nothing at this URL (404)');
    // So far it was only asked.
    expect((await server.client.list()).transfers).toEqual([]);
    expect(await readFile(join(world.folder, 'out', 'b.bin'), 'utf8')).toBe('of before');
    await links.fill(`${a}\n${b}`);
    await page.getByRole('button', { name: 'Start 2' }).click();
    await page.getByRole('link', { name: 'a.bin' }).waitFor();
    await page.getByText('Completed', { exact: true }).nth(1).waitFor();
    expect(await readFile(join(world.folder, 'out', 'b.bin'))).toHaveLength(20 * MIB);
    expect(errors).toEqual([]);
  });

  test('what failed is retried with a new link, by keys alone', async () => {
    const url = world.origin.serve('/there.bin', { size: 1000 });
    await using server = await startServer(world.folder);
    const missing = `${world.origin.base}/missing.bin`;
    const { id } = await server.client.submit({
      source: { url: missing },
      destination: join(world.folder, 'out', 'it.bin'),
    });
    await server.untilEnded(id);
    await using opened = await openPageOf(world.browser, server);
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
    await page
      .locator('input:focus')
      .and(page.getByLabel('Link', { exact: true }))
      .waitFor();
    await page.keyboard.type(url);
    await page.keyboard.press('Enter');
    await page.getByText('Completed', { exact: true }).first().waitFor();
    expect(errors).toEqual([]);
  });

  test('several are selected, paused, resumed and cancelled', async () => {
    const { url, gate } = held();
    await using server = await startServer(world.folder);
    const done = world.origin.serve('/done.bin', { size: 10 });
    const ended = await server.client.submit({ source: { url: done }, destination: join(world.folder, 'out', 'done') });
    await server.untilEnded(ended.id);
    const ids: string[] = [];
    for (const name of ['one', 'two'])
      ids.push((await server.client.submit({ source: { url }, destination: join(world.folder, 'out', name) })).id);
    await vi.waitFor(() => expect(gate.waiting).toBeGreaterThan(0), { timeout: 20_000 });
    await using opened = await openPageOf(world.browser, server);
    const { page, errors } = opened;
    const selectAll = async () => await page.getByLabel('Select all that are shown').click();
    await page.getByRole('link', { name: 'two' }).waitFor();
    await selectAll();
    await page.getByText('3 items selected').waitFor();
    // What has ended can't be paused.
    await page.getByRole('button', { name: 'Pause 2' }).click();
    await page.getByText('2 of 2 items: paused').waitFor();
    await page.getByText('Paused', { exact: true }).nth(1).waitFor();
    await selectAll();
    await page.getByRole('button', { name: 'Resume 2' }).click();
    await page.getByText('2 of 2 items: going on').waitFor();
    await selectAll();
    await page.getByRole('button', { name: 'Cancel 2' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel 2' }).click();
    await page.getByText('Cancelled', { exact: true }).nth(1).waitFor();
    for (const id of ids) expect((await server.untilEnded(id)).status).toBe('cancelled');
    expect(errors).toEqual([]);
  });

  test('one is paused and resumed, and then everything', async () => {
    const { gate, url } = held();
    await using server = await startServer(world.folder);
    const destination = join(world.folder, 'out', 'disk.iso');
    const options = { pieceSizeBytes: MIB, parallelism: 2 };
    const { id } = await server.client.submit({ source: { url }, destination, options });
    await using opened = await openPageOf(world.browser, server, { path: `/transfers/${id}` });
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
