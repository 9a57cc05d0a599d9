import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countStream } from '../../bench/count/stream.ts';
import { countTransfer } from '../../bench/count/transfer.ts';
import { USUAL_WORKERS } from '../../lib/aws/names.ts';
import { awsNotifications } from '../../lib/aws/notifications/notifications.ts';
import { notify } from '../../lib/aws/notifications/notify.ts';
import { costOf } from '../../lib/transfer/cost/cost.ts';
import { expectedRounds } from '../../lib/transfer/cost/expected-rounds.ts';
import { expectedUsage } from '../../lib/transfer/cost/expected-usage.ts';
import { NOTIFICATION_USAGE } from '../../lib/transfer/cost/notification.ts';
import { planCost } from '../../lib/transfer/cost/plan-cost.ts';
import { PRICES } from '../../lib/transfer/cost/prices.ts';
import { addUsage, NO_USAGE } from '../../lib/transfer/cost/usage.ts';
import type { NotifyTask } from '../../lib/transfer/messages.ts';
import type { Plan } from '../../lib/transfer/plan/plan.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { accepted } from '../support/a-transfer.ts';
import { costTables, documentedCosts } from '../support/cost-rows.ts';
import { WEBHOOK_SECRET } from '../support/webhook-receiver.ts';

const MIB = 1024 ** 2;
const WORKERS = { ...USUAL_WORKERS, maxFetchers: 64 };

function pieces(pieceCount: number, pieceSizeBytes = 16 * MIB): Plan {
  return { mode: 'pieces', sizeBytes: pieceCount * pieceSizeBytes, pieceSizeBytes, pieceCount };
}

/** Within a tenth of what was counted, or so few that it does not matter. */
function expectNear(expected: number, counted: number, what: string): void {
  expect(Math.abs(expected - counted), `${what}: ${expected} expected, ${counted} counted`).toBeLessThanOrEqual(
    Math.max(6, 0.1 * counted),
  );
}

describe('the model of what a transfer uses', () => {
  test.each([
    [1, 2],
    [4, 8],
    [8, 2],
    [8, 30],
    [16, 1],
    [16, 2],
    [16, 4],
    [16, 16],
    [64, 2],
    [64, 8],
  ])('is what is counted on the functions’ own code: %i places, pieces of %i s', async (places, pieceSeconds) => {
    const pieceCount = 500;
    const counted = await countTransfer({ pieceCount, places, failing: 0, pieceSeconds });
    const names = counted.requests.all.map(([name]) => name);
    const countedOf = (kind: RegExp) => counted.requests.of(...names.filter((name) => kind.test(name)));
    const pieceSizeBytes = 16 * MIB;
    const rounds = expectedRounds({ pieceCount, pieceSizeBytes, places, pieceSeconds, workers: WORKERS });
    const usage = expectedUsage(pieces(pieceCount), {
      workers: WORKERS,
      places,
      bytesPerSecond: pieceSizeBytes / pieceSeconds,
    });
    const looks = rounds.seconds / 60;
    expectNear(rounds.seconds, counted.seconds, 'seconds');
    expectNear(rounds.finalizerRuns, counted.finalizerRuns, 'finalizer runs');
    expectNear(rounds.fetcherRuns, counted.fetcherRuns, 'fetcher runs');
    expectNear(rounds.fetcherSeconds, counted.fetcherSeconds, 'fetcher seconds');
    // The count leaves out the tick's looks.
    expectNear(usage.s3Writes - looks, countedOf(/^(PUT|LIST)/), 'writes');
    expectNear(usage.s3Reads - 3 * looks, countedOf(/^(GET|HEAD)/), 'reads');
    expectNear(rounds.sends, countedOf(/sends$/), 'sends');
  });

  test.each([
    [10, 2],
    [40, 2],
    [40, 15],
    [500, 1],
  ])('of a stream too, which is handed over to a worker of its own: %i parts of %i s', async (parts, partSeconds) => {
    const counted = await countStream({ parts, partSeconds });
    const names = counted.requests.all.map(([name]) => name);
    const countedOf = (kind: RegExp) => counted.requests.of(...names.filter((name) => kind.test(name)));
    const plan: Plan = { mode: 'stream', sizeBytes: parts * MIB, pieceSizeBytes: MIB };
    const usage = expectedUsage(plan, { workers: WORKERS, places: 1, bytesPerSecond: MIB / partSeconds });
    const looks = (parts * partSeconds) / 60;
    expect(counted.plannerRuns).toBe(3);
    expectNear(usage.functionRuns, 1 + counted.plannerRuns + counted.finalizerRuns, 'runs');
    // A message is sent, received and deleted.
    expectNear(usage.queueRequests, 3 * countedOf(/messages$/), 'requests to queues');
    expectNear(usage.s3Writes - looks, countedOf(/^(PUT|LIST)/), 'writes');
    expectNear(usage.s3Reads - 3 * looks, countedOf(/^(GET|HEAD)/), 'reads');
  });

  test('of a small file is what is counted, with a key and a look at what is there', async () => {
    const { requests } = await countTransfer({ pieceCount: 1, places: 16, failing: 0 });
    const countedOf = (kind: RegExp) => requests.inOrder.filter((name) => kind.test(name)).length;
    const usage = expectedUsage({ mode: 'single', sizeBytes: 1 }, { workers: WORKERS, places: 1 });
    expect(countedOf(/^PUT/)).toBe(6);
    expect(usage.s3Writes).toBeCloseTo(countedOf(/^PUT/) + 1, 1);
    expect(usage.s3Reads).toBeCloseTo(countedOf(/^(GET|HEAD)/) + 1, 1);
    expect(usage.queueRequests).toBe(3 * countedOf(/sends$/));
  });

  test('asks less of SQS and Lambda for larger pieces, and as much of the network', () => {
    const [small, large] = [8, 64].map((mib) =>
      expectedUsage(pieces(4096 / mib, mib * MIB), { workers: WORKERS, places: 16 }),
    );
    expect(large?.s3Writes).toBeLessThan((small?.s3Writes ?? 0) / 4);
    expect(large?.bytes).toBe(small?.bytes);
  });

  test('a store’s own copy moves no byte, and a stream of unknown size has none that are known', () => {
    const copied = { ...pieces(100), serverSideCopy: true } as Plan;
    expect(expectedUsage(copied, { workers: WORKERS, places: 8 }).bytes).toBe(0);
    const stream = planCost({ mode: 'stream', pieceSizeBytes: 16 * MIB }, { workers: WORKERS, parallelism: 8 });
    expect(stream).not.toHaveProperty('seconds');
    expect(stream.cost.dollars).toBeGreaterThan(0);
  });

  test('a slow source is paid for by the time that it takes', () => {
    const at = (bytesPerSecond: number) =>
      planCost(pieces(1000), { workers: WORKERS, parallelism: 16, bytesPerSecond });
    expect(at(MIB).cost.dollars).toBeGreaterThan(2 * at(16 * MIB).cost.dollars);
    expect(at(MIB).seconds).toBeGreaterThan(4 * (at(16 * MIB).seconds ?? 0));
  });

  test('places are those that the host, the fetchers and the pieces leave', () => {
    const places = (parallelism: number, plan = pieces(1000), workers: typeof WORKERS = WORKERS) =>
      planCost(plan, { workers, parallelism }).places;
    expect(places(256)).toBe(WORKERS.hostConnections);
    expect(places(4)).toBe(4);
    expect(places(8, pieces(3))).toBe(3);
    expect(planCost({ mode: 'single', sizeBytes: 1 }, { workers: WORKERS, parallelism: 8 }).places).toBe(1);
  });

  test('no plan costs less than nothing, or a number that is none', () => {
    const plan = fc.record({
      count: fc.integer({ min: 1, max: 10_000 }),
      bytes: fc.integer({ min: 1, max: 5 * 1024 ** 3 }),
      parallelism: fc.integer({ min: 1, max: 256 }),
      bytesPerSecond: fc.integer({ min: 1, max: 10 ** 10 }),
    });
    fc.assert(
      fc.property(plan, ({ count, bytes, parallelism, bytesPerSecond }) => {
        const { cost, seconds } = planCost(pieces(count, bytes), { workers: WORKERS, parallelism, bytesPerSecond });
        expect(Number.isFinite(cost.dollars) && cost.dollars > 0 && Number.isFinite(seconds)).toBe(true);
        expect(cost.items.every(({ quantity, dollars }) => quantity > 0 && dollars > 0)).toBe(true);
      }),
    );
  });
});

describe('what usage costs', () => {
  test('is its items together, by the price of each', () => {
    const { dollars, items } = costOf({ ...NO_USAGE, s3Writes: 1000, gbSeconds: 10 });
    expect(items).toEqual([
      { item: 's3Writes', quantity: 1000, unit: 'requests', dollars: 0.005 },
      { item: 'gbSeconds', quantity: 10, unit: 'GB-seconds', dollars: 10 * PRICES.gbSecond.arm64 },
    ]);
    expect(dollars).toBeCloseTo(0.005133334, 12);
  });

  test('counts the way of the bytes only where it is said', () => {
    const usage = { ...NO_USAGE, bytes: 10 * 1024 ** 3 };
    expect(costOf(usage).dollars).toBe(0);
    expect(costOf(usage).notIncluded.join()).toMatch(/NAT gateway.*leave the Region/);
    expect(costOf(usage, { nat: true }).items).toMatchObject([{ item: 'nat', quantity: 10, unit: 'GiB' }]);
    expect(costOf(usage, { nat: true }).dollars).toBeCloseTo(0.45, 12);
    expect(costOf(usage, { egress: 'internet' }).dollars).toBeCloseTo(0.9, 12);
    expect(costOf(usage, { egress: 'region' }).dollars).toBeCloseTo(0.2, 12);
  });

  test('adds up', () => {
    const one = addUsage({ ...NO_USAGE, s3Reads: 1 }, { s3Reads: 2, bytes: 5 });
    expect(one).toEqual({ ...NO_USAGE, s3Reads: 3, bytes: 5 });
  });
});

test('docs/scale.md has the dollars of the model (`node test/support/cost-rows.ts` writes them)', () => {
  const tables = documentedCosts();
  for (const [name, rows] of Object.entries(costTables())) expect(tables[name], name).toBe(rows);
});

test('a notification is what the code of finalizer and notifier asks for', async () => {
  const used: string[] = [];
  const queued: NotifyTask[] = [];
  const hook = { webhook: { url: 'https://hooks.example/', secret: WEBHOOK_SECRET } };
  const sealed = {
    seal: async () => void used.push('s3Writes'),
    unseal: async <T>() => {
      used.push('s3Reads');
      return hook as T;
    },
    discard: async () => {},
  };
  const queue = {
    async send(messages: readonly { readonly body: NotifyTask }[]) {
      used.push('queueRequests');
      queued.push(...messages.map(({ body }) => body));
    },
  };
  const settings = { webhooks: true, taskTokens: false };
  const notifications = awsNotifications({ sealed, settings, queue });
  const record = { ...accepted(), status: 'cancelled' } as TransferRecord;
  await notifications.keep(record.id, hook);
  const request = { ...record.request, hooks: { webhook: 'hooks.example' } };
  const reason = { code: 'Cancelled', message: 'cancelled' } as const;
  await notifications.send({ type: 'cancelled', transferId: record.id, run: 1, reason }, { ...record, request });
  for (const task of queued) {
    // Lambda receives the message, runs, and deletes it.
    used.push('queueRequests', 'functionRuns', 'queueRequests');
    await notify(
      {
        sealed,
        queue,
        dead: queue,
        secret: async (text) => text,
        post: async () => undefined,
        endTask: async () => undefined,
        warn: () => {},
        now: Date.now,
      },
      task,
    );
  }
  const { gbSeconds: _, ...counted } = NOTIFICATION_USAGE;
  const countOf = (kind: string) => used.filter((one) => one === kind).length;
  expect(Object.fromEntries(Object.keys(counted).map((kind) => [kind, countOf(kind)]))).toEqual(counted);
  expect(costOf(NO_USAGE).notIncluded.join()).toContain('about $0.00001 for each webhook or task');
});
