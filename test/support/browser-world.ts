import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Origin } from './origin.ts';
import { startOrigin } from './origin.ts';

/** What a test of the page has: one browser for all of a file, an origin and a folder of its own. */
export interface BrowserWorld {
  readonly browser: Browser;
  readonly origin: Origin;
  /** With a folder `out` in it. */
  readonly folder: string;
}

export function browserWorld(start: () => Promise<Browser>): BrowserWorld {
  const world: { browser?: Browser; origin?: Origin; folder?: string } = {};
  beforeAll(async () => {
    world.browser = await start();
  });
  afterAll(async () => await world.browser?.close());
  beforeEach(async () => {
    world.folder = await mkdtemp(join(tmpdir(), 'piecework-browser-'));
    await mkdir(join(world.folder, 'out'));
    world.origin = await startOrigin();
  });
  afterEach(async () => {
    await world.origin?.[Symbol.asyncDispose]();
    await rm(world.folder ?? '', { recursive: true, force: true });
  });
  return world as BrowserWorld;
}
