import { describe, expect, it } from 'vitest';
import type { PageQuery } from '../../lib/api/requests/list.ts';
import { transferIndex } from '../../lib/local/list/transfer-index.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import type { RecordKey, Records } from '../../lib/records/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { accepted, NOW } from '../support/a-transfer.ts';

// The list of a machine: what is kept in memory says the same as the records do.

const idOf = (number: number) => `01JZ8QH5X3M9V7T2B4${String(number).padStart(8, '0')}`;

function world() {
  const records = memoryRecords();
  const reads: string[] = [];
  const listeners = new Set<(path: string) => void>();
  const say = (path: string) => {
    for (const listener of listeners) listener(path);
  };
  const watched: Records = {
    ...records,
    get: <T>(key: RecordKey<T>) => {
      reads.push(key.path);
      return records.get(key);
    },
  };
  const clock = { time: NOW, now: () => clock.time, sleep: async () => {} };
  const index = transferIndex({
    records: watched,
    clock,
    watchRecords(onChange) {
      listeners.add(onChange);
      return { [Symbol.dispose]: () => void listeners.delete(onChange) };
    },
  });
  const path = (number: number) => KEYS.transfer(idOf(number)).path;
  return {
    index,
    clock,
    reads,
    listeners,
    async store(number: number, over: Partial<TransferRecord> = {}) {
      const key = KEYS.transfer(idOf(number));
      const before = await records.get(key);
      await records.put(key, { ...accepted(), ...over, id: idOf(number) }, before?.version ?? 'absent');
      if (!['completed', 'failed', 'cancelled'].includes(over.status ?? 'accepted'))
        await records.put(KEYS.active(idOf(number), 1), { v: 1, at: '' }, 'absent').catch(() => {});
      say(path(number));
    },
    async remove(number: number) {
      await records.delete(KEYS.transfer(idOf(number)));
      say(path(number));
    },
    async numbers(query: Partial<PageQuery> = {}) {
      const { records: found, next } = await index.list({ limit: 50, ...query });
      return { found: found.map(({ id }) => Number(id.slice(-8))), ...(next === undefined ? {} : { next }) };
    },
  };
}

describe('the index of transfers', () => {
  it('pages through all, newest first, and reads the records of the page alone', async () => {
    const { store, numbers, reads } = world();
    for (let number = 0; number < 500; number += 1) await store(number, { status: 'completed' });
    const first = await numbers({ limit: 3 });
    expect(first).toEqual({ found: [499, 498, 497], next: idOf(497) });
    expect(new Set(reads).size).toBeLessThanOrEqual(50);
    expect(await numbers({ limit: 3, before: idOf(497) })).toMatchObject({ found: [496, 495, 494] });
    expect(await numbers({ limit: 3, before: idOf(2) })).toEqual({ found: [1, 0] });
    expect(await numbers({ limit: 2, before: idOf(2) })).toEqual({ found: [1, 0] });
  });

  it('finds what is rare, and reads nothing twice for it', async () => {
    const { store, numbers, reads } = world();
    for (let number = 0; number < 400; number += 1)
      await store(
        number,
        number === 7 ? { status: 'failed', reason: { code: 'SourceGone', message: '' } } : { status: 'completed' },
      );
    expect(await numbers({ statuses: new Set(['failed']) })).toEqual({ found: [7] });
    reads.length = 0;
    expect(await numbers({ code: 'SourceGone' })).toEqual({ found: [7] });
    expect(reads).toEqual([KEYS.transfer(idOf(7)).path]);
  });

  it('is current after a change, a new one and a removal', async () => {
    const { store, numbers, remove } = world();
    for (const number of [1, 2, 3]) await store(number);
    expect(await numbers()).toEqual({ found: [3, 2, 1] });
    await store(2, { status: 'failed' });
    await store(5);
    await store(4, { status: 'failed' });
    await remove(3);
    expect(await numbers()).toEqual({ found: [5, 4, 2, 1] });
    expect(await numbers({ statuses: new Set(['failed']) })).toEqual({ found: [4, 2] });
  });

  it('knows what is not over by its markers, and reads nothing else for it', async () => {
    const { store, numbers, reads } = world();
    for (let number = 0; number < 300; number += 1) await store(number, { status: 'completed' });
    await store(17, { status: 'planning' });
    await store(40);
    expect(await numbers({ statuses: new Set(['accepted', 'planning']) })).toEqual({ found: [40, 17] });
    expect(new Set(reads).size).toBe(2);
    await store(40, { status: 'cancelled' });
    expect(await numbers({ statuses: new Set(['accepted', 'planning']) })).toEqual({ found: [17] });
  });

  it('leaves out what stands in for a transfer, and large entries of batches unless they are asked for', async () => {
    const { store, numbers } = world();
    await store(1, { status: 'failed', reason: { code: 'SubmitAbandoned', message: '' } });
    await store(2, { batch: { id: 'B', entry: 1 } });
    await store(3);
    expect(await numbers()).toEqual({ found: [3] });
    expect(await numbers({ batch: 'B' })).toEqual({ found: [2] });
  });

  it('listens no more once it is disposed of', async () => {
    const { numbers, index, listeners } = world();
    await numbers();
    expect(listeners.size).toBe(1);
    index[Symbol.dispose]();
    expect(listeners.size).toBe(0);
  });
});
