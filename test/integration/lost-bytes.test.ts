import { mkdtemp, open as openFile, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';

const PIECE = 256 * 1024;
const SIZE = 20 * PIECE + 321;
const OPTIONS = { pieceSizeBytes: PIECE, parallelism: 2 };

// A power failure may take bytes that the journal says are there. They are missed when the file is gone on with.
test.each([1, 2])(
  'a copy whose file lost bytes %d times is gone on with, and fetches the lost piece',
  async (times) => {
    await using origin = await startOrigin();
    const folder = await mkdtemp(join(tmpdir(), 'piecework-lost-bytes-'));
    try {
      const copy = {
        source: { url: origin.serve('/x.bin', { size: SIZE, etag: '"v1"' }) },
        destination: join(folder, 'x.bin'),
        options: OPTIONS,
      };
      const events: { readonly type: string }[] = [];
      const open = (onEvent: (event: { readonly type: string }) => void) =>
        openLocal({ stateDir: join(folder, 'state'), onEvent });

      for (let time = 1; time <= times; time += 1) {
        const stop = new AbortController();
        let doneCount = 0;
        await using first = open((event) => {
          events.push(event);
          if (event.type === 'piece.done' && ++doneCount === 6) stop.abort();
        });
        await failureOf(first.copy(copy, stop.signal), 'Interrupted');
        await loseBytes(folder, 3);
      }

      await using last = open((event) => events.push(event));
      const report = await last.copy(copy);

      expect((await readFile(copy.destination)).equals(patternBytes(0, SIZE))).toBe(true);
      const resuming = events.filter(({ type }) => type === 'resuming');
      expect(resuming).toHaveLength(times);
      const { doneBytes } = resuming.at(-1) as unknown as { readonly doneBytes: number };
      expect(doneBytes).toBeGreaterThanOrEqual(5 * times * PIECE);
      expect(report.fetchedBytes).toBe(SIZE - doneBytes);
      const message = expect.stringContaining('1 piece of the unfinished');
      expect(events.filter(({ type }) => type === 'warning')).toEqual(
        Array.from({ length: times }, () => expect.objectContaining({ message })),
      );
      expect(events.filter(({ type }) => type === 'restarted')).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

async function loseBytes(folder: string, pieceNumber: number): Promise<void> {
  const name = (await readdir(folder)).find((one) => one.includes('piecework') && !one.includes('journal'));
  await using file = await openFile(join(folder, name ?? ''), 'r+');
  await file.write(Buffer.alloc(100), 0, 100, (pieceNumber - 1) * PIECE + 50);
}
