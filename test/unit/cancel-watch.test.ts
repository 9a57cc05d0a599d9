import { expect, test } from 'vitest';
import { PieceworkError, toErrorRecord } from '../../lib/errors/error.ts';
import { watchForCancel } from '../../lib/local/batch/run/cancel-watch.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import type { Records } from '../../lib/records/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import { asEnding, drafted } from '../../lib/transfer/batch/batch-transitions.ts';
import { handClock } from '../support/hand-clock.ts';

const ID = '01JZ8ZZZZZZZZZZZZZZZZZZZZZ';
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a cancel is noticed although the record could not be read before', async () => {
  const stored = memoryRecords();
  const clock = handClock();
  const options = { ifExists: 'if-changed', maxAttempts: 5, object: {} } as const;
  const draft = drafted({ id: ID, destination: 'out/', place: { kind: 'file', path: '/out' }, options }, clock.now());
  const version = await stored.put(KEYS.batch(ID), draft, 'absent');
  let refused = 0;
  const records: Records = {
    ...stored,
    async get(key) {
      if (refused++ === 0) throw new PieceworkError('Internal', 'the disk was slow to answer');
      return await stored.get(key);
    },
  };
  const stopping = new AbortController();
  using _watch = watchForCancel({ records, clock }, { id: ID }, stopping);
  await clock.advance(1_000, settled);
  expect([refused, stopping.signal.aborted]).toEqual([1, false]);
  const reason = toErrorRecord(new PieceworkError('Cancelled', 'it was cancelled'));
  await stored.put(KEYS.batch(ID), asEnding(draft, { reason }, clock.now()), version);
  await clock.advance(1_000, settled);
  expect(stopping.signal.reason).toMatchObject({ code: 'Cancelled' });
});
