import { expect, it } from 'vitest';
import { noteRecords } from '../../lib/aws/noted.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import { KEYS } from '../../lib/records/records.ts';
import { accepted } from '../support/a-transfer.ts';

// Messages are sent as their owner's: queues are fair between owners.

const BATCH = '01JZ8R00000000000000000000';

it('whose a transfer is, is known once its record was read or written; of others it is not', async () => {
  const stored = memoryRecords();
  await stored.put(KEYS.transfer('a'), { ...accepted(), id: 'a', owner: 'ann' }, 'absent');
  const { records, notedOf } = noteRecords(stored);
  expect(notedOf('a').owner).toBeUndefined();
  await records.get(KEYS.transfer('a'));
  await records.put(KEYS.transfer('b'), { ...accepted(), id: 'b', owner: 'ben' }, 'absent');
  await records.put(KEYS.wait(1), { v: 1, until: '2026-01-01T00:00:00Z' }, 'absent');
  expect(['a', 'b', 'c', undefined].map((id) => notedOf(id).owner)).toEqual(['ann', 'ben', undefined, undefined]);
});

it('a batch is known by the transfer of one of its large entries, too', async () => {
  const { records, notedOf } = noteRecords(memoryRecords());
  const batch = { id: BATCH, entry: 7, shard: 1 };
  await records.put(KEYS.transfer('a'), { ...accepted(), id: 'a', owner: 'ann', batch }, 'absent');
  expect(notedOf(BATCH).owner).toBe('ann');
});
