import { describe, expect, it } from 'vitest';
import { flusher } from '../../lib/destinations/file/flush.ts';

/** A file whose flushes end when the test says so. */
function fakeFile() {
  const calls: string[] = [];
  const pending: PromiseWithResolvers<void>[] = [];
  const begin = (kind: string) => {
    calls.push(kind);
    const flush = Promise.withResolvers<void>();
    pending.push(flush);
    return flush.promise;
  };
  return { calls, pending, datasync: () => begin('datasync'), sync: () => begin('sync') };
}

const EACH_100 = { leastBytes: 100, mostBytes: 100 };

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a flusher', () => {
  it('flushes while bytes come in, one flush at a time, and only what is worth one', async () => {
    const file = fakeFile();
    const flush = flusher(file, EACH_100);
    flush.wrote(99);
    expect(file.calls).toEqual([]);
    flush.wrote(1);
    flush.wrote(500);
    expect(file.calls).toEqual(['datasync']);
    file.pending[0]?.resolve();
    await turn();
    flush.wrote(1);
    expect(file.calls).toEqual(['datasync', 'datasync']);
    file.pending[1]?.resolve();
    await turn();
    flush.wrote(99);
    expect(file.calls).toEqual(['datasync', 'datasync']);
  });

  it('flushes the more rarely the more was written, within bounds', async () => {
    const file = fakeFile();
    const flush = flusher(file, { leastBytes: 100, mostBytes: 300 });
    const flushedAt: number[] = [];
    for (let written = 50; written <= 2400; written += 50) {
      flush.wrote(50);
      if (file.pending.length > flushedAt.length) {
        flushedAt.push(written);
        file.pending.at(-1)?.resolve();
        await turn();
      }
    }
    const gaps = flushedAt.map((at, index) => at - (flushedAt[index - 1] ?? 0));
    expect(gaps).toEqual([100, 100, 100, 100, 150, 200, 250, 300, 300, 300, 300]);
  });

  it('is finished when the flush under way has ended and one of everything has come after it', async () => {
    const file = fakeFile();
    const flush = flusher(file, EACH_100);
    flush.wrote(100);
    let isFinished = false;
    const finished = flush.finish().then(() => {
      isFinished = true;
    });
    await turn();
    expect(file.calls).toEqual(['datasync']);
    file.pending[0]?.resolve();
    await turn();
    expect(file.calls).toEqual(['datasync', 'sync']);
    expect(isFinished).toBe(false);
    file.pending[1]?.resolve();
    await finished;
  });

  it('never finishes after a flush that failed: the system tells of lost bytes once only', async () => {
    const file = fakeFile();
    const flush = flusher(file, EACH_100);
    flush.wrote(100);
    file.pending[0]?.reject(new Error('EIO'));
    await turn();
    flush.wrote(100);
    for (let time = 0; time < 2; time += 1) await expect(flush.finish()).rejects.toThrow('EIO');
    expect(file.calls).toEqual(['datasync']);
  });

  it('never finishes after a last flush that failed either', async () => {
    const file = fakeFile();
    const flush = flusher(file, EACH_100);
    const finished = expect(flush.finish()).rejects.toThrow('EIO');
    await turn();
    file.pending[0]?.reject(new Error('EIO'));
    await finished;
    await expect(flush.finish()).rejects.toThrow('EIO');
    expect(file.calls).toEqual(['sync']);
  });
});
