import { expect, test } from 'vitest';
import type { Work } from '../../lib/aws/ops/drain/drain.ts';
import { drain } from '../../lib/aws/ops/drain/drain.ts';
import { OpenWork } from '../../lib/aws/ops/drain/open-work.ts';
import type { Marker, RecordsView } from '../../lib/aws/ops/read-only.ts';
import { accepted } from '../support/a-transfer.ts';
import { failureOf } from '../support/reading.ts';

const never = new AbortController().signal;
const WORK: Work = { isPaused: false, transfers: 0, batches: 0, waiting: 0, inHand: 0 };

function bench(...looks: readonly Partial<Work>[]) {
  const clock = {
    time: 0,
    now: () => clock.time,
    sleep: async (ms: number) => {
      clock.time += ms;
    },
  };
  let at = 0;
  const seen: Work[] = [];
  const look = async (): Promise<Work> => {
    const work = { ...WORK, ...looks[Math.min(at, looks.length - 1)] };
    at += 1;
    return work;
  };
  const run = (timeoutMs = 3_600_000) =>
    drain(look, { clock, timeoutMs, onWork: (work) => void seen.push(work) }, never);
  return { run, seen, looked: () => at, clock };
}

test('a deployment that works is drained once every transfer and batch is over, whatever lies in its queues', async () => {
  const { run, seen, looked } = bench(
    { transfers: 2, batches: 1, inHand: 3 },
    { transfers: 2, batches: 1, inHand: 3 },
    { batches: 1 },
    { waiting: 4 },
  );
  expect(await run()).toEqual({ ...WORK, waiting: 4 });
  // What has not changed is not said again.
  expect([seen.length, looked()]).toEqual([3, 4]);
});

test('where ends are notified, none is on its way for a minute; what is tried again later is not waited for', async () => {
  const rest = { notifications: 0, notificationsLater: 3 };
  const { run, clock } = bench({ ...rest, notifications: 2 }, rest, { ...rest, notifications: 1 }, rest);
  expect(await run()).toEqual({ ...WORK, ...rest });
  expect(clock.time).toBe(15_000 + 60_000);
  const stuck = bench({ ...rest, notifications: 1 });
  const { message } = await failureOf(stuck.run(60_000), 'WorkRemains');
  expect(message).toContain('transfers: 0, batches: 0, notifications: 1');
});

test('one that is paused is drained once no function has had anything in hand for a minute', async () => {
  const paused = { isPaused: true, transfers: 5, waiting: 9 };
  const busy = { ...paused, inHand: 1 };
  const { run, clock } = bench(busy, paused, busy, paused);
  expect(await run()).toEqual({ ...WORK, ...paused });
  expect(clock.time).toBe(15_000 + 60_000);
});

test('what does not end in time is an error that says what is left', async () => {
  const { run } = bench({ transfers: 2, batches: 1 });
  const error = await failureOf(run(60_000), 'WorkRemains');
  expect(error.message).toContain('after 1m not everything is over: transfers: 2, batches: 1');
  const paused = bench({ isPaused: true, inHand: 4 });
  expect((await failureOf(paused.run(60_000), 'WorkRemains')).message).toContain('(4 now;');
});

test('counted is what is not over; what was seen to be over is not read again', async () => {
  const records = new Map<string, object | 'unreadable'>([
    ['transfers/open.json', accepted()],
    ['transfers/held.json', { ...accepted(), status: 'failed' }],
    ['transfers/broken.json', 'unreadable'],
    ['batches/over.json', { status: 'completed' }],
  ]);
  const reads: string[] = [];
  const markersOf: Record<string, readonly string[]> = {
    'active/': ['open', 'held', 'broken', 'being-submitted'],
    'active-batches/': ['over'],
  };
  const view: RecordsView = {
    async read<T>({ path }: { readonly path: string }) {
      reads.push(path);
      return records.get(path) as T | 'unreadable' | undefined;
    },
    async *markers(prefix) {
      for (const id of markersOf[prefix] ?? []) yield { id, run: 1, at: 0 } satisfies Marker;
    },
  };
  const open = new OpenWork(view);
  expect(await open.count()).toEqual({ transfers: 3, batches: 0 });
  reads.length = 0;
  expect(await open.count()).toEqual({ transfers: 3, batches: 0 });
  expect(reads.sort()).toEqual(['transfers/being-submitted.json', 'transfers/broken.json', 'transfers/open.json']);
});
