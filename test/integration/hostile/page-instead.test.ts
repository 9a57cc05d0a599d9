import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLocal } from '../../../lib/index.ts';
import { HTML, status } from '../../support/hostile-lies.ts';
import type { Origin } from '../../support/origin.ts';
import { startOrigin } from '../../support/origin.ts';
import { patternBytes } from '../../support/pattern.ts';
import { failureOf } from '../../support/reading.ts';

// A link that expires into a log-in page, with 200: what was brought before must neither be thrown
// away for it nor mixed with it.

const MIB = 1024 ** 2;
const SIZE = 8 * MIB + 321;
const options = { pieceSizeBytes: MIB, parallelism: 1 };

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-page-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test.each(['interrupted', 'failed'] as const)(
  'a page does not take the place of a transfer that was %s',
  async (how) => {
    const url = origin.serve('/file.bin', { size: SIZE });
    const destination = join(folder, 'file.bin');
    const stop = new AbortController();
    let done = 0;
    await using piecework = openLocal({
      stateDir: join(folder, 'state'),
      http: { proxy: {} },
      onEvent: (event) => {
        if (event.type !== 'piece.done' || ++done !== 3) return;
        if (how === 'interrupted') stop.abort();
        // A store's denial, which is believed; a web server's would be waited for.
        else origin.serve('/file.bin', status(403, { 'x-amz-request-id': 'A1' }));
      },
    });
    const copy = (restart = false) => piecework.copy({ source: { url }, destination, options, restart }, stop.signal);
    await failureOf(copy(), how === 'interrupted' ? 'Interrupted' : 'SourceForbidden');

    origin.serve('/file.bin', HTML);
    const again = (restart = false) => piecework.copy({ source: { url }, destination, options, restart });
    const error = await failureOf(again(), 'UnexpectedType');
    expect(error.message).toContain('--restart');
    const [transfer] = await piecework.list();
    await failureOf(piecework.retry(transfer?.record.id ?? ''), 'UnexpectedType');

    origin.serve('/file.bin', { size: SIZE });
    const report = await again();
    expect(report.resumedPieces).toBeGreaterThanOrEqual(3);
    expect((await readFile(destination)).equals(patternBytes(0, SIZE))).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['file.bin', 'state']);
  },
);

test('unless a new transfer is what was asked for', async () => {
  const url = origin.serve('/file.bin', { size: SIZE });
  const destination = join(folder, 'file.bin');
  const stop = new AbortController();
  await using piecework = openLocal({
    stateDir: join(folder, 'state'),
    http: { proxy: {} },
    onEvent: (event) => event.type === 'piece.done' && stop.abort(),
  });
  await failureOf(piecework.copy({ source: { url }, destination, options }, stop.signal), 'Interrupted');
  origin.serve('/file.bin', HTML);
  await piecework.copy({ source: { url }, destination, restart: true });
  expect(await readFile(destination, 'utf8')).toContain('<h1>');
  expect((await readdir(folder)).sort()).toEqual(['file.bin', 'state']);
});
