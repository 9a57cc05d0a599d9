import { expect, test } from 'vitest';
import { eachMessage } from '../../lib/aws/messages/batches.ts';
import { usageMeter } from '../../lib/aws/usage/meter.ts';
import type { Usage } from '../../lib/transfer/cost/usage.ts';
import { NO_USAGE } from '../../lib/transfer/cost/usage.ts';
import { briefUsage, usageOfInputs, withUsage } from '../../lib/transfer/record/used.ts';

/** A meter of a function with 1 GB, with a clock by hand. */
function bench() {
  const clock = { now: 0 };
  return { clock, meter: usageMeter(1024, () => clock.now) };
}

/** What is under way until it is let go. */
function step() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { until: promise, go: resolve };
}

test('what is counted counts for the work at hand, and nothing outside of any', async () => {
  const { meter } = bench();
  meter.count({ s3Reads: 9 });
  const run = meter.run({ functionRuns: 1 });
  const one = run.work('a', 1, async () => {
    meter.count({ s3Reads: 1 });
    await Promise.resolve();
    meter.count({ s3Reads: 1 });
    return meter.used();
  });
  const other = run.work('b', 0.5, async () => {
    meter.count({ s3Writes: 1 });
    return meter.used();
  });
  expect(await one).toMatchObject({ s3Reads: 2, s3Writes: 0, functionRuns: 1 });
  expect(await other).toMatchObject({ s3Reads: 0, s3Writes: 1, functionRuns: 0.5 });
  expect(meter.used()).toEqual(NO_USAGE);
});

test('the time of a run is divided among what is under way, and all shares together are the run', async () => {
  const { clock, meter } = bench();
  const run = meter.run({});
  const [first, second] = [step(), step()];
  const one = run.work('a', 1, async () => {
    await first.until;
    return meter.used().gbSeconds;
  });
  clock.now = 1000;
  const other = run.work('b', 1, async () => {
    await second.until;
    return meter.used().gbSeconds;
  });
  clock.now = 3000;
  first.go();
  expect(await one).toBe(2);
  clock.now = 7000;
  second.go();
  expect(await other).toBe(5);
});

test('what is taken is not said again, and what is left is remembered for the next work on the same transfer', async () => {
  const { meter } = bench();
  const run = meter.run({});
  await run.work('a', 1, async () => {
    meter.count({ s3Writes: 3 });
    meter.take({ ...NO_USAGE, s3Writes: 2 });
    meter.count({ queueRequests: 1 });
  });
  await run.work('b', 1, async () => expect(meter.used()).toMatchObject({ s3Writes: 0, queueRequests: 0 }));
  await meter.run({}).work('a', 1, async () => {
    expect(meter.used()).toMatchObject({ s3Writes: 1, queueRequests: 1 });
    meter.take(meter.used());
  });
  await run.work('a', 1, async () => expect(meter.used()).toMatchObject({ s3Writes: 0, queueRequests: 0 }));
});

test('no more than a thousand transfers are remembered', async () => {
  const { meter } = bench();
  const run = meter.run({});
  const count = async () => meter.count({ s3Writes: 1 });
  for (let number = 0; number < 1002; number += 1) await run.work(`t${number}`, 1, count);
  await run.work('t0', 1, async () => expect(meter.used().s3Writes).toBe(0));
  await run.work('t1001', 1, async () => expect(meter.used().s3Writes).toBe(1));
});

test('each message of a run has its share of the run, its receive and its delete', async () => {
  const { meter } = bench();
  const used: unknown[] = [];
  const event = { Records: [1, 2, 3, 4].map((number) => ({ messageId: String(number), body: String(number) })) };
  const home = {
    park: async () => {},
    failed: (_: unknown, error: unknown) => {
      throw error;
    },
    giveBack: async () => {},
    flush: () => {},
    meter,
  };
  await eachMessage(
    home,
    event as never,
    { getRemainingTimeInMillis: () => 60_000 } as never,
    (body) => ({ transferId: body }),
    async () => {
      used.push(meter.used());
    },
  );
  expect(used).toHaveLength(4);
  expect(used[0]).toMatchObject({ functionRuns: 0.25, queueRequests: 0.5 });
});

test('a record keeps what was used to a thousandth, and is the same where that is nothing', () => {
  const record: { readonly id: string; readonly used?: Usage } = { id: 'a' };
  expect(withUsage(record, NO_USAGE)).toBe(record);
  const once = withUsage(record, { gbSeconds: 1 / 3, s3Reads: 1 });
  expect(withUsage(once, { gbSeconds: 1 / 3 })).toEqual({
    id: 'a',
    used: { ...NO_USAGE, gbSeconds: 0.666, s3Reads: 1 },
  });
});

test('results say what their worker has used, without what is nothing', () => {
  const used = briefUsage({ ...NO_USAGE, bytes: 5, gbSeconds: 0.12345 });
  expect(used).toEqual({ bytes: 5, gbSeconds: 0.123 });
  const result = { kind: 'result', v: 1, transferId: 't', planId: 'p', pieceNumber: 1, attempt: 1 } as const;
  const said = { outcome: 'done', bytes: 5, elapsedMs: 1 } as const;
  const inputs = [{ ...result, ...said, used }, { ...result, ...said }, { kind: 'tick' }] as const;
  expect(usageOfInputs(inputs)).toEqual({ ...NO_USAGE, ...used });
});
