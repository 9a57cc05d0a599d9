import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import { byRequest } from '../support/hostile-lies.ts';
import { redirect, startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';

const SIZE = 5 * 1024 ** 2;
const PIECE = 256 * 1024;

test('an interrupted copy goes on where the source redirects to mirrors in turn, each with an ETag of its own', async () => {
  await using origin = await startOrigin();
  const folder = await mkdtemp(join(tmpdir(), 'piecework-mirrors-'));
  await using things = new AsyncDisposableStack();
  things.defer(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['a', 'b']) origin.serve(`/${name}/half.bin`, { size: SIZE, etag: `"${name}"` });
  // The second process is led to b first, and to a only by its fourth request.
  const url = origin.serve(
    '/half.bin',
    byRequest((number) => redirect(number === 1 || number > 4 ? '/a/half.bin' : '/b/half.bin')),
  );
  const stateDir = join(folder, 'state');
  const destination = join(folder, 'half.bin');
  const options = { pieceSizeBytes: PIECE, parallelism: 2 };

  const stop = new AbortController();
  let done = 0;
  await using first = openLocal({
    stateDir,
    onEvent: (event) => event.type === 'piece.done' && ++done === 8 && stop.abort(),
  });
  await failureOf(first.copy({ source: { url }, destination, options }, stop.signal), 'Interrupted');

  await using second = openLocal({ stateDir });
  const report = await second.copy({ source: { url }, destination, options });
  expect(report.resumedPieces).toBeGreaterThanOrEqual(8);
  expect(report.fetchedBytes).toBe(SIZE - report.resumedPieces * PIECE);
  expect((await readFile(destination)).equals(patternBytes(0, SIZE))).toBe(true);
});
