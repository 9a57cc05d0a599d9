import { existsSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { findProgram } from './daemon.ts';
import { ServerMissing } from './s3-process.ts';

const BUILT = join(import.meta.dirname, '..', '..', 'dist', 'console', 'index.html');

/** It runs as root in CI, and contacts nothing by itself. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Finds Debian's Chromium and the built page; what is returned starts a browser. @throws ServerMissing */
export async function findBrowser(): Promise<() => Promise<Browser>> {
  const executablePath = await findProgram('chromium', 'apt-get install chromium');
  if (!existsSync(BUILT)) throw new ServerMissing('the page is not built: npm run build');
  return async () => await chromium.launch({ executablePath, args: FLAGS });
}

/** A page of a browser, with all that goes wrong in it. */
export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What the browser's console had as errors, but for answers that are no 2xx; and what was thrown. */
  readonly errors: readonly string[];
}

/** The page of a server, with its token as `piecework console` gives it. */
export async function openPageOf(
  browser: Browser,
  { server, token }: { readonly server: { readonly url: string }; readonly token: string },
  { path = '', ...options }: BrowserContextOptions & { readonly path?: string } = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      errors.push(message.text());
  });
  await page.goto(`${server.url}/#token=${token}`);
  await page.locator('.bar').waitFor();
  if (path !== '') await page.goto(`${server.url}/#${path}`);
  return { page, errors, [Symbol.asyncDispose]: () => context.close() };
}

/** What axe finds wrong with a page as it stands: for each rule its name, and the first element that breaks it. */
export async function faultsOf(page: Page): Promise<unknown> {
  await page.evaluate(axe.source);
  return await page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
  );
}
