import { mkdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import type { Destination } from '../../lib/destinations/destination.ts';
import { fileDestination } from '../../lib/destinations/file/destination.ts';
import { fileLocator } from '../../lib/destinations/file/locator.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import { countedDirect, inDirectMemory, TAKES_DIRECT } from '../support/direct-files.ts';
import type { Subject } from './destination/bench.ts';
import { destinationContract } from './destination.ts';

function pathOf(target: DestinationLocator): string {
  return fileLocator(target).path;
}

async function setup(open: () => Destination = fileDestination, pieceBytes = 100_000): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-contract-'));
  let current = open();
  await mkdir(join(folder, 'a-folder'));
  return {
    get destination() {
      return current;
    },
    locator(name) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      return { kind: 'file', path: join(folder, name) };
    },
    async read(target) {
      try {
        return await readFile(pathOf(target));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async leftovers(target) {
      const names = await readdir(dirname(pathOf(target)));
      return names.filter((name) => name.startsWith(`.${basename(pathOf(target))}.piecework`));
    },
    pieceBytes,
    async reopen() {
      // A lock stands between two destinations, be they in one process.
      await current[Symbol.asyncDispose]();
      current = open();
      return open();
    },
    refused: [
      { target: { kind: 'file', path: join(folder, 'missing', 'file.bin') }, code: 'DestinationMissing' },
      { target: { kind: 'file', path: join(folder, 'a-folder') }, code: 'InvalidDestination' },
      { target: { kind: 'file', path: join(folder, 'x'.repeat(300)) }, code: 'InvalidDestination' },
      { target: { kind: 'file', path: '/dev/null' }, code: 'DestinationUnsupported' },
      { target: { kind: 'file', path: 'relative.bin' }, code: 'InvalidDestination' },
      { target: { kind: 'stdout' }, code: 'InvalidDestination' },
    ],
    keepsValidator: false,
    async [Symbol.asyncDispose]() {
      await current[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

destinationContract('file', () => setup());

describe.skipIf(!TAKES_DIRECT)('past the cache', () => {
  const direct = countedDirect();

  function open(): Destination {
    const own = fileDestination({ directWrites: 'always', openDirect: direct.open });
    return {
      ...own,
      uploadPart: (upload, part, body, call) => own.uploadPart(upload, part, inDirectMemory(body), call),
    };
  }

  destinationContract('file, by direct writes', () => setup(open, 25 * 4096));

  afterAll(() => {
    expect(direct.seen.bytes).toBeGreaterThan(25 * 4096);
    expect(direct.seen.closed).toBe(direct.seen.opened);
  });
});
