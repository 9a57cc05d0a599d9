import { expect, test } from 'vitest';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { onMessages } from '../../lib/aws/stages/finalizer.ts';
import { isBatchStuck } from '../../lib/aws/tick/batches.ts';
import { keptHosts } from '../../lib/aws/tick/kept-hosts.ts';
import { isStuck } from '../../lib/aws/tick/look.ts';
import { tickSpan } from '../../lib/aws/tick/spans.ts';
import { tickAll } from '../../lib/aws/tick/tick.ts';
import { markActive } from '../../lib/pipeline/shared/markers.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import type { RecordKey } from '../../lib/records/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import { acceptedBatch } from '../../lib/transfer/batch/batch-transitions.ts';
import { newBoard } from '../../lib/transfer/batch/fleet/board.ts';
import { NO_OUTCOMES } from '../../lib/transfer/batch/outcome.ts';
import type { TickSpan } from '../../lib/transfer/messages.ts';
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

function homeOf(ports: Ports) {
  const spans: TickSpan[] = [];
  const measured: [name: string, value: number][] = [];
  const home = tickHome(ports, {
    spans: { send: async (messages) => void spans.push(...messages.map(({ body }) => body)) },
    measure: (name, value) => void measured.push([name, value]),
  });
  return { ...home, sent: spans, measured };
}

/** Markers of transfers whose records tell which of them were looked at. */
async function activeTransfers(ports: Ports, count: number) {
  const ids = Array.from({ length: count }, (_, index) => `01ARZ3NDEKTSV4RRFFQ69G${String(index).padStart(4, '0')}`);
  for (const id of ids) await markActive(ports, id, 1);
  const seen: string[] = [];
  const watched: Ports = {
    ...ports,
    records: {
      ...ports.records,
      async get(key) {
        const [, id] = /^transfers\/(.*)\.json$/.exec(key.path) ?? [];
        if (id !== undefined) seen.push(id);
        return await ports.records.get(key);
      },
    },
  };
  return { ids, seen, watched };
}

const LONG = { getRemainingTimeInMillis: () => 60_000 };

test('a tick looks at all by itself, as long as they are few enough', async () => {
  const { ids, seen, watched } = await activeTransfers(stillPorts().ports, 4);
  const home = homeOf(watched);
  await tickAll(home, LONG, { alone: 4, span: 2 });
  expect([seen.sort(), home.sent]).toEqual([ids, []]);
  expect(home.measured).toContainEqual(['ActiveTransfers', 4]);
});

test.each([5, 6, 7])('%i are divided among finalizers: each is looked at once, the newest too', async (count) => {
  const { ids, seen, watched } = await activeTransfers(stillPorts().ports, count);
  const home = homeOf(watched);
  await tickAll(home, LONG, { alone: 4, span: 2 });
  expect(seen).toEqual([]);
  expect(home.measured).toContainEqual(['ActiveTransfers', count]);
  expect(home.sent.length).toBeGreaterThanOrEqual(Math.ceil(count / 2));
  const messages = home.sent.map((body) => JSON.stringify(body));
  // What begins after the tick belongs to the last span.
  const late = '01ARZ3NDEKTSV4RRFFQ69GZZZZ';
  await markActive(watched, late, 1);
  for (const message of messages.reverse()) {
    await onMessages(home, [READERS.finalizer(message)], new AbortController().signal);
  }
  expect(seen.sort()).toEqual([...ids, late]);
});

test('a span that comes when later ticks have sent theirs is dropped', async () => {
  const { ports, clock } = stillPorts();
  const { seen, watched } = await activeTransfers(ports, 3);
  const span = { kind: 'tick-span', v: 1, at: iso(clock.now) } as const;
  clock.now += 121_000;
  await tickSpan(homeOf(watched), span, new AbortController().signal);
  expect(seen).toEqual([]);
});

test('the entry of a host is read once for all its transfers, and anew once it was written', async () => {
  const { ports, clock } = stillPorts();
  let reads = 0;
  const counted = {
    ...ports.records,
    get: async <T>(key: RecordKey<T>) => {
      reads += 1;
      return await ports.records.get(key);
    },
  };
  const records = keptHosts(counted, ports.clock);
  const key = KEYS.host('a.example');
  await Promise.all([records.get(key), records.get(key), records.get(KEYS.host('b.example'))]);
  expect(reads).toBe(2);
  await records.put(key, { v: 1 }, 'absent');
  expect(await records.get(key)).toMatchObject({ value: { v: 1 } });
  expect(reads).toBe(2);
  await expect(records.put(key, { v: 1 }, 'absent')).rejects.toMatchObject({ code: 'Conflict' });
  await records.get(key);
  expect(reads).toBe(3);
  clock.now += 5_000;
  await records.get(key);
  expect(reads).toBe(4);
});

test('once an hour a tick deletes sealed sources that no marker tells of, and no others', async () => {
  const { ports, clock } = stillPorts();
  const home = homeOf(ports);
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
