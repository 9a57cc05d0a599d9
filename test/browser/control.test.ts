import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { findBrowser, openPageOf } from '../support/browser.ts';
import { browserWorld } from '../support/browser-world.ts';
import { heldSource, rangesOf } from '../support/many-bench.ts';
import { patternBytes } from '../support/pattern.ts';
import { startServer } from '../support/server-process.ts';
import { withServer } from '../support/with-server.ts';

// The page's views of the server itself: hosts, limits, colours; and all of it on a phone.

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 10 * MIB);
const WAIT = { timeout: 20_000 };

await withServer('Chromium', findBrowser, (start) => {
  const world = browserWorld(start);

  test('hosts show what was learned, as it is learned', async () => {
    const { gate, url } = heldSource(world.origin, BYTES);
    const { host } = new URL(url);
    await using server = await startServer(world.folder);
    await using opened = await openPageOf(world.browser, server, { path: '/hosts' });
    const { page, errors } = opened;
    await page.getByRole('heading', { name: 'No host has been asked yet' }).waitFor();
    const options = { pieceSizeBytes: MIB, parallelism: 2 };
    const destination = join(world.folder, 'out', 'a');
    const { id } = await server.client.submit({ source: { url }, destination, options });
    const line = page.getByRole('row').filter({ hasText: host });
    const shows = async (...cells: readonly unknown[]) =>
      await vi.waitFor(async () => expect(await line.getByRole('cell').allTextContents()).toEqual(cells), WAIT);
    const anything = expect.any(String);
    await shows(host, expect.stringMatching(/^2 now/), anything, anything, '3', 'none', 'no', anything);
    gate.open();
    await server.untilEnded(id);
    const rate = expect.stringMatching(/^[\d.]+ [KMG]iB\/s$/);
    await shows(host, expect.stringMatching(/^0 now/), anything, rate, '10', 'none', 'no', anything);
    // A host that asks for patience.
    const honest = rangesOf(BYTES);
    let requests = 0;
    const busy = world.origin.serve('/busy.bin', async (request, response) => {
      requests += 1;
      if (requests === 1) await honest(request, response);
      else response.writeHead(429, { 'retry-after': '600' }).end();
    });
    await server.client.submit({ source: { url: busy }, destination: join(world.folder, 'out', 'b'), options });
    await line.getByText(/^for \d+ min/).waitFor(WAIT);
    expect(errors).toEqual([]);
  });

  test('limits are changed, what is wrong is said beside them, and they hold', async () => {
    await using server = await startServer(world.folder);
    await using opened = await openPageOf(world.browser, server);
    const { page, errors } = opened;
    await page.getByRole('button', { name: 'Limits' }).click();
    const dialog = page.getByRole('dialog', { name: 'Limits' });
    await dialog.getByLabel('Transfers side by side').fill('3');
    await dialog.getByLabel('Rate of all together').fill('fast');
    await dialog.getByRole('button', { name: 'Set' }).click();
    await dialog.getByRole('alert').getByText('This was refused: is to be bytes per second').waitFor();
    expect((await server.client.service()).limits).toMatchObject({ running: 16, limitRate: 'off' });
    await dialog.getByLabel('Rate of all together').fill('0:00=2MiB');
    await dialog.getByRole('button', { name: 'Set' }).click();
    await page.getByRole('button', { name: 'Limit 2 MiB/s' }).waitFor();
    expect((await server.client.service()).limits).toMatchObject({ running: 3, limitRate: '0:00=2MiB' });
    // Another reader’s change is seen, too.
    await server.client.limit({ limitRate: '1MiB' });
    await page.getByRole('button', { name: 'Limit 1 MiB/s' }).waitFor();
    expect(errors).toEqual([]);
  });

  test('colours are those that the reader chose, over those of the system, and are kept', async () => {
    await using server = await startServer(world.folder);
    await using opened = await openPageOf(world.browser, server, { colorScheme: 'light' });
    const { page, errors } = opened;
    const ground = async () => await page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const [light, dark] = ['rgb(247, 247, 249)', 'rgb(16, 17, 23)'];
    const change = async (now: string) => await page.getByRole('button', { name: `Colours: ${now}` }).click();
    expect(await ground()).toBe(light);
    await page.emulateMedia({ colorScheme: 'dark' });
    await vi.waitFor(async () => expect(await ground()).toBe(dark));
    await change('as the system has them');
    expect(await ground()).toBe(light);
    await page.emulateMedia({ colorScheme: 'light' });
    await change('light');
    expect(await ground()).toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    expect(await ground()).toBe(dark);
    expect(errors).toEqual([]);
  });

  test('on a phone it is all there: a transfer is found, opened, paused, and gone back from', async () => {
    const { gate, url } = heldSource(world.origin, BYTES);
    await using server = await startServer(world.folder);
    const options = { pieceSizeBytes: MIB, parallelism: 2 };
    const destination = join(world.folder, 'out', 'disk.iso');
    const { id } = await server.client.submit({ source: { url }, destination, options });
    await vi.waitFor(() => expect(gate.waiting).toBe(2), WAIT);
    const phone = { viewport: { width: 375, height: 720 }, hasTouch: true, isMobile: true };
    await using opened = await openPageOf(world.browser, server, phone);
    const { page, errors } = opened;
    const isWithin = async () => {
      const over = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
      expect(over).toBe(0);
    };
    await page.getByLabel('Search name, link, place or id').fill('disk');
    await page.getByText('Transferring', { exact: true }).waitFor();
    await isWithin();
    await page.getByRole('link', { name: 'disk.iso' }).tap();
    await page.getByRole('heading', { name: /of 10 pieces done/ }).waitFor();
    await isWithin();
    await page.getByRole('button', { name: 'Pause', exact: true }).tap();
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Resume', exact: true }).tap();
    await page.getByRole('link', { name: 'Hosts' }).tap();
    await page.getByRole('heading', { name: 'Hosts' }).waitFor();
    await isWithin();
    await page.getByRole('link', { name: 'New', exact: true }).tap();
    await page.getByLabel('Links, one on each line').fill(url);
    await page.getByLabel('Where to').fill(destination);
    await page.getByRole('button', { name: 'Look first' }).tap();
    await page.getByText('another transfer is at work on this place').waitFor();
    await isWithin();
    await page.goBack();
    await page.goBack();
    await page.getByRole('heading', { name: /of 10 pieces done/ }).waitFor();
    gate.open();
    await page.getByText('Completed', { exact: true }).first().waitFor();
    expect((await server.client.get(id)).status).toBe('completed');
    expect(errors).toEqual([]);
  });
});
