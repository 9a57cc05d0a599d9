import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBrowser, openPageOf } from '../support/browser.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { startServer } from '../support/server-process.ts';
import { withServer } from '../support/with-server.ts';

// The page in real Chromium: what it is to readers, and what it refuses.

const DIST = join(import.meta.dirname, '..', '..', 'dist', 'console');
const MARKUP = '<img src=x onerror=hacked=1>';

await withServer('Chromium', findBrowser, (start) => {
  let browser: Browser;
  let folder: string;
  let origin: Origin;
  let server: ServerProcess;
  let failedId: string;
  let doneId: string;

  beforeAll(async () => {
    browser = await start();
    folder = await mkdtemp(join(tmpdir(), 'piecework-page-'));
    await mkdir(join(folder, 'out'));
    origin = await startOrigin();
    server = await startServer(folder);
    const headers = { 'content-type': `text/plain; note="${MARKUP}"`, etag: `"${MARKUP.replaceAll('"', '')}"` };
    const url = origin.serve('/done.bin', { size: 3_000_000, headers });
    const submit = async (from: string, name: string) =>
      (await server.client.submit({ source: { url: from }, destination: join(folder, 'out', name) })).id;
    doneId = await submit(url, MARKUP);
    failedId = await submit(`${origin.base}/missing`, 'missing.bin');
    await server.untilEnded(doneId);
    await server.untilEnded(failedId);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await browser.close();
    await origin[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const faultsOf = async (page: Page): Promise<unknown> => {
    await page.evaluate(axe.source);
    return await page.evaluate(
      'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
    );
  };

  const views: readonly (readonly [string, () => string, string])[] = [
    ['the list', () => '/', 'missing.bin'],
    ['a transfer that is done', () => `/transfers/${doneId}`, 'Source and destination'],
    ['a transfer that failed', () => `/transfers/${failedId}`, 'There is nothing at the link'],
    ['new', () => '/new', 'New transfer'],
    ['a transfer that is not there', () => '/transfers/01JZ8QH5X3M9V7T2B4N6K8R0CD', 'There is no such transfer'],
  ];
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1280, 375])
      test(`axe finds nothing, and nothing is cut off: ${colorScheme}, ${width} pixels`, async () => {
        await using opened = await openPageOf(browser, server, { colorScheme, viewport: { width, height: 760 } });
        const { page, errors } = opened;
        for (const [name, path, text] of views) {
          await page.goto(`${server.server.url}/#${path()}`);
          await page.getByText(text).first().waitFor();
          expect([name, await faultsOf(page)]).toEqual([name, []]);
          const over = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
          expect([name, await page.evaluate(over)]).toEqual([name, 0]);
        }
        expect(errors).toEqual([]);
      });

  test('markup in a name or a header is text', async () => {
    await using opened = await openPageOf(browser, server);
    const { page, errors } = opened;
    await page.getByText(MARKUP).first().waitFor();
    await page.goto(`${server.server.url}/#/transfers/${doneId}`);
    await page.getByRole('heading', { name: MARKUP }).waitFor();
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(errors).toEqual([]);
  });

  test('without a token, or with a wrong one, it says what to run', async () => {
    await using opened = await openPageOf(browser, server);
    const { page } = opened;
    expect(page.url()).not.toContain('token');
    const context = await browser.newContext();
    const other = await context.newPage();
    await other.goto(server.server.url);
    await other.getByRole('heading', { name: 'This page needs the server’s token' }).waitFor();
    await other.getByText('piecework console').waitFor();
    expect(await faultsOf(other)).toEqual([]);
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
