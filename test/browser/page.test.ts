import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { faultsOf, findBrowser, openPageOf } from '../support/browser.ts';
import type { Gate } from '../support/many-bench.ts';
import { heldSource } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startServer } from '../support/server-process.ts';
import { withServer } from '../support/with-server.ts';

// The page in real Chromium: what it is to readers, and what it refuses.

const DIST = join(import.meta.dirname, '..', '..', 'dist', 'console');
const NONE = '01JZ8QH5X3M9V7T2B4N6K8R0CD';
const MARKUP = '<img src=x onerror=hacked=1>';

await withServer('Chromium', findBrowser, (start) => {
  let browser: Browser;
  let folder: string;
  let origin: Origin;
  let server: ServerProcess;
  let failedId: string;
  let doneId: string;
  let heldId: string;
  let batchId: string;
  let url: string;
  let gate: Gate;

  beforeAll(async () => {
    browser = await start();
    folder = await mkdtemp(join(tmpdir(), 'piecework-page-'));
    await mkdir(join(folder, 'out'));
    origin = await startOrigin();
    server = await startServer(folder);
    const headers = { 'content-type': `text/plain; note="${MARKUP}"`, etag: `"${MARKUP.replaceAll('"', '')}"` };
    url = origin.serve('/done.bin', { size: 3_000_000, headers });
    const submit = async (from: string, name: string, options = {}) =>
      (await server.client.submit({ source: { url: from }, destination: join(folder, 'out', name), options })).id;
    const held = heldSource(origin, patternBytes(0, 10 * 1024 ** 2));
    gate = held.gate;
    heldId = await submit(held.url, 'held.bin', { pieceSizeBytes: 1024 ** 2, parallelism: 2 });
    doneId = await submit(url, MARKUP);
    failedId = await submit(`${origin.base}/missing`, 'missing.bin');
    const { id } = await server.client.submitBatch({
      entries: [{ sources: [url], name: MARKUP }, { sources: [`${origin.base}/missing`] }],
      destination: `${folder}/batch/`,
    });
    batchId = id;
    await vi.waitFor(async () => expect((await server.client.getBatch(id)).status).toBe('completed'), {
      timeout: 20_000,
    });
    await server.untilEnded(doneId);
    await server.untilEnded(failedId);
  });
  afterAll(async () => {
    gate.open();
    await server[Symbol.asyncDispose]();
    await browser.close();
    await origin[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const at = async (page: Page, path: string) => await page.goto(`${server.server.url}/#${path}`);
  const fillNew = async (page: Page) => {
    await at(page, '/new');
    await page.getByLabel('Links, one on each line').fill(`${url}\n${origin.base}/missing`);
    await page.getByLabel('Where to').fill(`${folder}/out/`);
    await page.getByRole('button', { name: 'Look first' }).click();
    await page.getByText('1 can’t be had').waitFor();
  };

  /** How each view comes up, and what shows that it did. */
  const views: readonly (readonly [string, (page: Page) => Promise<unknown>, string | RegExp])[] = [
    ['the list', (page) => at(page, '/'), 'missing.bin'],
    [
      'the list, with some selected',
      async (page) => {
        await at(page, '/');
        await page.getByLabel('Select missing.bin').click();
        await page.getByLabel('Select held.bin').click();
      },
      '2 items selected',
    ],
    ['a transfer that is done', (page) => at(page, `/transfers/${doneId}`), 'Proofs'],
    ['a transfer that failed', (page) => at(page, `/transfers/${failedId}`), 'There is nothing at the link'],
    ['a transfer on its way', (page) => at(page, `/transfers/${heldId}`), 'The map as text'],
    [
      'a piece of it',
      async (page) => {
        await at(page, `/transfers/${heldId}`);
        await page.getByRole('slider').press('ArrowRight');
        await page.getByText('The map as text').click();
      },
      /^Piece 1: /,
    ],
    [
      'what a cancel will do',
      async (page) => {
        await at(page, `/transfers/${heldId}`);
        await page.getByRole('button', { name: 'Cancel …' }).click();
      },
      'Cancel the transfer',
    ],
    ['a batch of which some failed', (page) => at(page, `/batches/${batchId}`), 'Failures by cause'],
    [
      'an entry of it',
      async (page) => {
        await at(page, `/batches/${batchId}`);
        await page.getByRole('slider').press('Home');
        await page.getByText('Which, for example').click();
      },
      /^Entry 1: /,
    ],
    ['new', (page) => at(page, '/new'), 'New transfer'],
    ['new, with what the sources say', fillNew, 'Nothing has been fetched yet.'],
    ['hosts', (page) => at(page, '/hosts'), /^127\.0\.0\.1:/],
    [
      'limits',
      async (page) => {
        await at(page, '/hosts');
        await page.getByRole('button', { name: /^Limit/ }).click();
      },
      'Transfers side by side',
    ],
    ['a transfer that is not there', (page) => at(page, `/transfers/${NONE}`), 'There is no such transfer'],
    ['a batch that is not there', (page) => at(page, `/batches/${NONE}`), 'There is no such batch'],
  ];
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1280, 375])
      test(`axe finds nothing, and nothing is cut off: ${colorScheme}, ${width} pixels`, async () => {
        await using opened = await openPageOf(browser, server, { colorScheme, viewport: { width, height: 760 } });
        const { page, errors } = opened;
        for (const [name, open, text] of views) {
          await open(page);
          await page.getByText(text).first().waitFor();
          expect([name, await faultsOf(page)]).toEqual([name, []]);
          const over = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
          expect([name, await page.evaluate(over)]).toEqual([name, 0]);
          // What stands over the page is closed again.
          await page.keyboard.press('Escape');
        }
        expect(errors).toEqual([]);
      }, 120_000);

  test('markup in a name or a header is text, in every view', async () => {
    await using opened = await openPageOf(browser, server);
    const { page, errors } = opened;
    await page.getByText(MARKUP).first().waitFor();
    for (const [name, open, text] of views) {
      await open(page);
      await page.getByText(text).first().waitFor();
      if (name === 'a transfer that is done') await page.getByRole('heading', { name: MARKUP }).waitFor();
      if (name === 'new, with what the sources say') await page.getByText(`text/plain; note="${MARKUP}"`).waitFor();
      expect([name, await page.locator('img').count()]).toEqual([name, 0]);
      await page.keyboard.press('Escape');
    }
    await page.goto(`${server.server.url}/#/transfers/${encodeURIComponent(MARKUP)}`);
    await page.getByText('There is no such transfer').waitFor();
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    expect(errors).toEqual([]);
  });

  test('without a token, or with a wrong one, it says what to run', async () => {
    await using opened = await openPageOf(browser, server);
    const { page } = opened;
    expect(page.url()).not.toContain('token');
    const context = await browser.newContext();
    const other = await context.newPage();
    for (const colorScheme of ['dark', 'light'] as const) {
      await other.emulateMedia({ colorScheme });
      await other.goto(server.server.url);
      await other.getByRole('heading', { name: 'This page needs the server’s token' }).waitFor();
      await other.getByText('piecework console').waitFor();
      expect(await faultsOf(other)).toEqual([]);
    }
    await other.getByLabel('Token').fill('wrong-token-of-sixteen-letters');
    await other.getByRole('button', { name: 'Open' }).click();
    await other.getByRole('heading', { name: 'The server does not take this token' }).waitFor();
    await other.getByLabel('Token').fill(server.token);
    await other.getByRole('button', { name: 'Open' }).click();
    await other.getByText('missing.bin').waitFor();
    await context.close();
  });

  test('a clock that is wrong by hours changes no age', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.clock.install({ time: Date.now() - 5 * 3_600_000 });
    await page.goto(`${server.server.url}/#token=${server.token}`);
    await page.getByText('This computer’s clock is').waitFor();
    await page.getByText(/behind the server’s/).waitFor();
    const age = await page.locator('time').first().textContent();
    expect(age).toMatch(/^(now|\d+ (s|min))$/);
    await context.close();
  });

  test('its policy lets nothing foreign and nothing inline run, and it is small', async () => {
    const answer = await fetch(`${server.server.url}/console/`);
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    );
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await answer.text()).not.toMatch(/<script>|<style|https?:/);
    expect((await fetch(`${server.server.url}/console/../server/token`)).status).toBe(401);
    const names = await readdir(DIST, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
      files.map(async ({ parentPath, name }) => gzipSync(await readFile(join(parentPath, name))).length),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150 * 1024);
  });
});
