import { expect, test } from 'vitest';
import { withRememberedHosts } from '../../lib/local/home/remembered-hosts.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import { KEYS } from '../../lib/records/records.ts';
import { failureOf } from '../support/reading.ts';

const KEY = KEYS.host('host');
const CLOSED = { v: 1, closedUntil: '2026-11-29T12:00:00.000Z' } as const;

function twoProcesses() {
  const time = { now: 0 };
  const stored = memoryRecords();
  const clock = { now: () => time.now, sleep: async () => {} };
  return { time, other: stored, records: withRememberedHosts(stored, clock) };
}

test('what was read of a host holds for a second', async () => {
  const { time, other, records } = twoProcesses();
  expect(await records.get(KEY)).toBeUndefined();
  await other.put(KEY, CLOSED, 'absent');
  time.now = 1_000;
  expect(await records.get(KEY)).toBeUndefined();
  time.now = 1_001;
  expect((await records.get(KEY))?.value).toEqual(CLOSED);
});

test('what was written here holds at once', async () => {
  const { records } = twoProcesses();
  await records.get(KEY);
  await records.put(KEY, CLOSED, 'absent');
  expect((await records.get(KEY))?.value).toEqual(CLOSED);
  await records.delete(KEY);
  expect(await records.get(KEY)).toBeUndefined();
});

test('a write that came too late has it read again', async () => {
  const { other, records } = twoProcesses();
  await records.get(KEY);
  const version = await other.put(KEY, CLOSED, 'absent');
  await failureOf(records.put(KEY, { v: 1 }, 'absent'), 'Conflict');
  expect(await records.get(KEY)).toEqual({ value: CLOSED, version });
});

test('a clock that was put back has it read again', async () => {
  const { time, other, records } = twoProcesses();
  time.now = 5_000;
  await records.get(KEY);
  await other.put(KEY, CLOSED, 'absent');
  time.now = 4_000;
  expect((await records.get(KEY))?.value).toEqual(CLOSED);
});

test('nothing else is remembered', async () => {
  const { other, records } = twoProcesses();
  const key = KEYS.active('id', 1);
  expect(await records.get(key)).toBeUndefined();
  await other.put(key, { v: 1, at: '' }, 'absent');
  expect((await records.get(key))?.value).toEqual({ v: 1, at: '' });
});
