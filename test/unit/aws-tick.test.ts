import { expect, test } from 'vitest';
import { isStuck, tickAll } from '../../lib/aws/messages/tick.ts';
import { isBatchStuck } from '../../lib/aws/messages/tick-batches.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import { acceptedBatch } from '../../lib/transfer/batch/batch-transitions.ts';
import { newBoard } from '../../lib/transfer/batch/fleet/board.ts';
import { NO_OUTCOMES } from '../../lib/transfer/batch/outcome.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { newRecord } from '../../lib/transfer/record/record.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { allOf } from '../support/reading.ts';
import { stillPorts } from '../support/still-ports.ts';
import { tickHome } from '../support/tick-home.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 5, 1);
const iso = (ms: number) => new Date(ms).toISOString();

function record(changes: Partial<TransferRecord>): TransferRecord {
  const request = {
    source: { url: 'https://a.example/', withheld: false },
    destination: { kind: 's3', bucket: 'b', key: 'k' },
    object: {},
    options: DEFAULT_OPTIONS,
  } as const;
  return { ...newRecord('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'o', request, NOW), rev: 1, writeId: 'w', ...changes };
}

test.each<readonly [string, Partial<TransferRecord>, boolean]>([
  ['open before its deadline', { status: 'transferring', deadlineAt: iso(NOW + 1) }, false],
  ['open just after it', { status: 'transferring', deadlineAt: iso(NOW - HOUR / 2) }, false],
  ['open long after it', { status: 'finalizing', deadlineAt: iso(NOW - 2 * HOUR) }, true],
  ['ended a while ago, and still cleaned up', { status: 'cancelled', endedAt: iso(NOW - HOUR) }, false],
  ['ended long ago', { status: 'cancelled', endedAt: iso(NOW - 3 * HOUR) }, true],
  [
    'failed long ago, and still held',
    { status: 'failed', endedAt: iso(NOW - 30 * HOUR), heldUntil: iso(NOW + HOUR) },
    false,
  ],
  [
    'failed, and its hold over for long',
    { status: 'failed', endedAt: iso(NOW - 30 * HOUR), heldUntil: iso(NOW - 3 * HOUR) },
    true,
  ],
])('%s', (_, changes, expected) => {
  expect(isStuck(record(changes), NOW)).toBe(expected);
});

test('a marker without a record is the tombstone’s business', () => {
  expect(isStuck(undefined, NOW)).toBe(false);
});

test('once an hour a tick deletes sealed sources that no marker tells of, and no others', async () => {
  const { ports, clock } = stillPorts();
  const home = tickHome(ports);
  const {
    rev: _,
    writeId: __,
    ...settled
  } = record({
    status: 'completed',
    planId: 'plan1',
    result: { sizeBytes: 1, version: 'validator', digests: {} },
    endedAt: iso(NOW),
    announced: true,
  });
  await createTransfer(ports, settled);
  await ports.secrets.seal(settled.id, 1, { url: 'https://a.example/' });
  const tickAt = async (minute: number) => {
    clock.now = NOW + minute * 60_000;
    await tickAll(home, { getRemainingTimeInMillis: () => 60_000 });
    return (await allOf(ports.secrets.list())).length;
  };
  expect([await tickAt(1), await tickAt(59), await tickAt(60)]).toEqual([1, 1, 0]);
});

test('a batch is stuck when no shard of it moves for an hour, or when work remains long after its hold', () => {
  const asked = { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', destination: '', place: { kind: 's3' }, options: OPTIONS };
  const batch = acceptedBatch({ ...asked, list: { from: '', format: '' } }, NOW - 2 * HOUR);
  const done = { complete: [], counters: NO_OUTCOMES, failures: [] };
  const boardAt = (at: string) => ({ ...newBoard({ id: batch.id, run: 1 }, [], 0, done, at), writeId: '' });
  expect(isBatchStuck(batch, undefined, NOW)).toBe(true);
  expect(isBatchStuck(batch, boardAt(iso(NOW - HOUR / 2)), NOW)).toBe(false);
  expect(isBatchStuck(batch, boardAt(iso(NOW - 2 * HOUR)), NOW)).toBe(true);
  const over = { ...batch, status: 'completed', heldUntil: iso(NOW + HOUR) } as const;
  expect(isBatchStuck(over, undefined, NOW)).toBe(false);
  expect(isBatchStuck(over, undefined, NOW + 4 * HOUR)).toBe(true);
  expect(isBatchStuck(undefined, undefined, NOW)).toBe(false);
});

const OPTIONS = { ifExists: 'if-changed', maxAttempts: 1, object: {} } as const;
