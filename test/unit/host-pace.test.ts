import { expect, test } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { BatchPorts } from '../../lib/pipeline/batch/batch-ports.ts';
import type { Place } from '../../lib/pipeline/batch/host-pace.ts';
import { hostPace } from '../../lib/pipeline/batch/host-pace.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import type { HostEntry } from '../../lib/records/records.ts';
import { hostOf, KEYS } from '../../lib/records/records.ts';
import { toIso } from '../../lib/values/time.ts';
import { handClock } from '../support/hand-clock.ts';

const URL_OF_HOST = 'https://host.example/file';
const never = new AbortController().signal;

const settled = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Sixteen ask for a place of a host of which this is known. @returns the places that they get as time goes on */
async function sixteen(known: (now: number) => Omit<HostEntry, 'v'>) {
  const clock = handClock();
  const records = memoryRecords();
  await records.put(KEYS.host(hostOf(URL_OF_HOST)), { v: 1, ...known(clock.now()) }, 'absent');
  const ports: Pick<BatchPorts, 'records' | 'clock'> = { records, clock };
  const pace = hostPace({ policy: {}, ...ports } as BatchPorts, URL_OF_HOST, { places: 16 });
  const places: Place[] = [];
  for (let each = 0; each < 16; each += 1) void pace.take(never).then((place) => places.push(place));
  await settled();
  return { clock, places };
}

test('of a host that is known to bear four requests at a time, no more are asked for at the beginning either', async () => {
  const learned = (now: number) => ({ since: toIso(now - 1000), patience: 64, crept: false });
  const { places } = await sixteen((now) => ({ ceiling: 4, learned: learned(now) }));
  expect(places).toHaveLength(4);
});

test('a host that asks for patience is asked for nothing at the beginning either', async () => {
  const { clock, places } = await sixteen((now) => ({ closedUntil: toIso(now + 30_000) }));
  await clock.advance(29_000, settled);
  expect(places).toEqual([]);
  await clock.advance(1_000, settled);
  expect(places).toHaveLength(16);
});

test('refused again after one less was tried, it asks for nothing for a while: others have those places', async () => {
  const learned = (now: number) => ({ since: toIso(now - 60_000), patience: 64, crept: true });
  const { clock, places } = await sixteen((now) => ({ ceiling: 4, learned: learned(now) }));
  const busy = new PieceworkError('SourceBusy', '429');
  // The step up that is taken back, and what was asked for with it.
  await clock.advance(10, settled);
  await places[0]?.failed(busy);
  await clock.advance(10, settled);
  await places[1]?.failed(busy);
  await settled();
  expect(places).toHaveLength(5);
  await clock.advance(10, settled);
  // Its own number of places, and refused all the same.
  await places[4]?.failed(busy);
  await clock.advance(1_900, settled);
  expect(places).toHaveLength(5);
  await clock.advance(200, settled);
  expect(places.length).toBeGreaterThan(5);
});
