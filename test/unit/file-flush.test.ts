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

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a flusher', () => {
  it('flushes while bytes come in, one flush at a time, and only what is worth one', async () => {
    const file = fakeFile();
    const flush = flusher(file, 100);
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

  it('is finished when the flush under way has ended and one of everything has come after it', async () => {
    const file = fakeFile();
    const flush = flusher(file, 100);
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
    const flush = flusher(file, 100);
    flush.wrote(100);
    file.pending[0]?.reject(new Error('EIO'));
    await turn();
    flush.wrote(100);
    for (let time = 0; time < 2; time += 1) await expect(flush.finish()).rejects.toThrow('EIO');
    expect(file.calls).toEqual(['datasync']);
  });

  it('never finishes after a last flush that failed either', async () => {
    const file = fakeFile();
    const flush = flusher(file, 100);
    const finished = expect(flush.finish()).rejects.toThrow('EIO');
    await turn();
    file.pending[0]?.reject(new Error('EIO'));
    await finished;
    await expect(flush.finish()).rejects.toThrow('EIO');
    expect(file.calls).toEqual(['sync']);
  });
});
