import { markActive } from '../../lib/pipeline/shared/markers.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { newRecord } from '../../lib/transfer/record/record.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { base32 } from '../../lib/values/text/base32.ts';
import { toIso } from '../../lib/values/time.ts';
import { countedIds, countedPolicy } from './fleet.ts';
import { countedDestination, countedRecords, countedSecrets, Requests } from './requests.ts';
import { ticking } from './ticking.ts';
import { Timeline } from './timeline.ts';

const CONNECTIONS_A_HOST = 16;
const MINUTE_MS = 60_000;
/** A lease of places is renewed at every second of them. */
const TICKS = 2;

export interface TickCase {
  /** Transfers in which work remains. */
  readonly active: number;
  readonly hosts: number;
}

export interface CountedTick extends TickCase {
  /** Of all the ticks that were counted, when all hosts' places are given out. */
  readonly requests: Requests;
  readonly ticks: number;
  /** Until the last of them was looked at. */
  readonly seconds: number;
  /** The longest that one function was at it. */
  readonly longestSeconds: number;
}

/**
 * A tick of a deployment in which so many transfers are open at once: nine in ten are in pieces and share the
 * connections of their hosts, one in twenty is being planned, one in twenty has failed and is held.
 */
export async function countTick({ active, hosts }: TickCase): Promise<CountedTick> {
  const time = new Timeline();
  const requests = new Requests();
  const ports = deployment(time, requests);
  await begin(ports, time, { active, hosts });
  const tick = ticking(ports, time, requests);
  let slowestMs = 0;
  // The first ones give out the places.
  const ticks = async (count: number) => {
    for (let nth = 0; nth < count; nth += 1) {
      const beganAt = time.now();
      await over(time, tick.run());
      slowestMs = Math.max(slowestMs, time.now() - beganAt);
      await over(time, time.sleep(Math.max(0, beganAt + MINUTE_MS - time.now())));
    }
  };
  await ticks(2);
  requests.clear();
  tick.forgetLongest();
  slowestMs = 0;
  await ticks(TICKS);
  return { active, hosts, requests, ticks: TICKS, seconds: slowestMs / 1000, longestSeconds: tick.longestMs / 1000 };
}

async function over(time: Timeline, work: Promise<unknown>): Promise<void> {
  let isOver = false;
  const done = work.then(() => {
    isOver = true;
  });
  await time.run(() => isOver);
  await done;
}

function deployment(time: Timeline, requests: Requests): Ports {
  const records = countedRecords(requests, time);
  const nothing = { send: async () => {} };
  return {
    records,
    secrets: countedSecrets(requests, time, new Map()),
    sources: () => {
      throw new Error('a tick contacts no source');
    },
    destinations: () => countedDestination(requests, time, () => 0),
    queues: { planner: nothing, fetcher: nothing, finalizer: nothing },
    fleet: { queues: { planner: nothing, fetcher: nothing, finalizer: nothing } } as unknown as NonNullable<
      Ports['fleet']
    >,
    events: { emit: async () => {} },
    windows: { windowBytes: 1, count: 0 } as Ports['windows'],
    clock: time,
    ids: countedIds(),
    policy: countedPolicy('finalizer', CONNECTIONS_A_HOST),
  };
}

async function begin(ports: Ports, time: Timeline, { active, hosts }: TickCase): Promise<void> {
  const submittedAt = time.now();
  let nth = 0;
  const submit = async () => {
    while (nth < active) {
      const { rev: _, writeId: __, ...record } = recordOf(nth++, hosts, submittedAt);
      await markActive(ports, record.id, 1);
      await createTransfer(ports, record);
    }
  };
  await over(time, Promise.all(Array.from({ length: 500 }, submit)));
}

function recordOf(nth: number, hosts: number, now: number): TransferRecord {
  const id = `${base32(now, 10)}${base32(nth, 16)}`;
  const request = {
    source: { url: `https://host${nth % hosts}.example/${nth}`, withheld: false },
    destination: { kind: 's3', bucket: 'bucket', key: `key${nth}` },
    object: {},
    options: { ...DEFAULT_OPTIONS, parallelism: 8 },
  } as const;
  const fresh = newRecord(id, 'owner', request, now);
  const later = toIso(now + 24 * 3_600_000);
  const stored = { ...fresh, rev: 1, writeId: 'w', planId: 'plan', quietUntil: later };
  const upload = { target: request.destination, id: `upload${nth}`, token: `${id}.plan` };
  if (nth % 20 === 0) return { ...stored, status: 'planning' };
  if (nth % 20 === 1)
    return {
      ...stored,
      status: 'failed',
      reason: { code: 'SourceReset', message: 'broken off' },
      announced: true,
      endedAt: toIso(now),
      heldUntil: later,
      upload,
    };
  return {
    ...stored,
    status: 'transferring',
    snapshot: {
      sizeBytes: 1_600,
      ranges: true,
      validator: { kind: 'strong', etag: '"v1"' },
      digests: {},
      warnings: [],
    },
    plan: { mode: 'pieces', sizeBytes: 1_600, pieceSizeBytes: 16, pieceCount: 100 },
    upload,
    cursor: 1,
    doneThrough: 0,
  } as TransferRecord;
}
