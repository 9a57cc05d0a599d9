import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { faultsOf, findBrowser, openPageOf } from '../support/browser.ts';
import { browserWorld } from '../support/browser-world.ts';
import { heldSource } from '../support/many-bench.ts';
import { patternBytes } from '../support/pattern.ts';
import { startServer } from '../support/server-process.ts';
import { withServer } from '../support/with-server.ts';

// The page for those who have no mouse: the keys of the browser alone, from its address bar on.

const MIB = 1024 ** 2;
const BYTES = patternBytes(0, 10 * MIB);
const MOST_TABS = 40;

/** What has the focus: its role or tag, with its name; and whether that can be seen. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent ?? '';
  return {
    what: (element.getAttribute('role') ?? element.tagName.toLowerCase()) + ' ' + name.trim().replace(/\\s+/g, ' '),
    isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
  };
})()`;

interface Focused {
  readonly what: string;
  readonly isSeen: boolean;
}

/** Presses Tab until this has the focus, and says what had it on the way. */
async function tabTo(page: Page, wanted: RegExp, key = 'Tab'): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let count = 0; count < MOST_TABS; count += 1) {
    await page.keyboard.press(key);
    const { what, isSeen } = (await page.evaluate(FOCUSED)) as Focused;
    expect([what, isSeen]).toEqual([what, true]);
    seen.push(what);
    if (wanted.test(what)) return seen;
  }
  throw new Error(`no Tab led to ${wanted}: ${seen.join(' | ')}`);
}

await withServer('Chromium', findBrowser, (start) => {
  const world = browserWorld(start);

  test('Tab leads through the list in the order of what is seen, into a transfer, to what can be done, and back', async () => {
    const { gate, url } = heldSource(world.origin, BYTES, '/disk.iso');
    await using server = await startServer(world.folder);
    const submit = async (from: string, name: string, options = {}) => {
      const destination = join(world.folder, 'out', name);
      return (await server.client.submit({ source: { url: from }, destination, options })).id;
    };
    for (const name of ['a.bin', 'b.bin'])
      await server.untilEnded(await submit(world.origin.serve(`/${name}`, { size: 10 }), name));
    const id = await submit(url, 'disk.iso', { pieceSizeBytes: MIB, parallelism: 2 });
    await vi.waitFor(() => expect(gate.waiting).toBe(2), { timeout: 20_000 });
    await using opened = await openPageOf(world.browser, server);
    const { page, errors } = opened;
    await page.getByRole('link', { name: 'disk.iso' }).waitFor();

    const way = await tabTo(page, /^row .*disk\.iso/);
    expect(way.slice(0, 5)).toEqual(['a To the content', 'a Piecework', 'a Transfers', 'a New', 'a Hosts']);
    expect(way.join('\n')).toMatch(
      /button Limits\nbutton Pause all\nbutton Colours[\s\S]*button All 3[\s\S]*Search[\s\S]*New\n/,
    );
    // The list is one stop; arrows move in it, and it comes round to where it was.
    await page.keyboard.press('ArrowDown');
    expect(((await page.evaluate(FOCUSED)) as Focused).what).toMatch(/^row .*b\.bin/);
    await page.keyboard.press('End');
    expect(((await page.evaluate(FOCUSED)) as Focused).what).toMatch(/^row .*a\.bin/);
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    await page.getByText('1 item selected').waitFor();
    await tabTo(page, /^button Pause 1/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Paused', { exact: true }).waitFor();
    await tabTo(page, /^row .*disk\.iso/);
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'disk.iso' }).waitFor();
    await tabTo(page, /^button Resume/);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await tabTo(page, /^slider Map: choose a piece/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.getByText('Piece 2: ').waitFor();
    await tabTo(page, /^button Cancel …/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    // Escape leaves it as it was, and where the reader was.
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate(FOCUSED)).toEqual({ what: 'button Cancel …', isSeen: true });

    await tabTo(page, /^a ← All transfers/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('grid').waitFor();
    await vi.waitFor(async () => {
      expect(await page.evaluate(FOCUSED)).toEqual({ what: expect.stringMatching(/^row .*disk\.iso/), isSeen: true });
    });
    gate.open();
    expect(await server.untilEnded(id)).toMatchObject({ status: 'completed' });
    expect(errors).toEqual([]);
  });

  test('a new transfer is written, asked and started', async () => {
    const url = world.origin.serve('/file.bin', { size: 10 });
    await using server = await startServer(world.folder);
    await using opened = await openPageOf(world.browser, server);
    const { page, errors } = opened;
    await page.getByText('Nothing has been transferred yet').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press('n');
    await page.getByRole('heading', { name: 'New transfer' }).waitFor();
    await tabTo(page, /^textarea Links/);
    await page.keyboard.type(url);
    await tabTo(page, /^input Where to/);
    await page.keyboard.type(`${world.folder}/out/`);
    await tabTo(page, /^button Look first/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '10 B in 1 file' }).waitFor();
    await tabTo(page, /^button Start/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'file.bin' }).waitFor();
    await page.getByText('Completed', { exact: true }).first().waitFor();
    await page.keyboard.press('g');
    await page.getByRole('grid').waitFor();
    expect(errors).toEqual([]);
  });
});
