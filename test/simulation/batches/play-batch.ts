import { endEarly } from '../../../lib/pipeline/batch/end-early.ts';
import { makeShards } from '../../../lib/pipeline/batch/make-shards.ts';
import { outcomesInOrder } from '../../../lib/pipeline/batch/outcomes-in-order.ts';
import type { ShardIndex } from '../../../lib/pipeline/batch/run-shards.ts';
import { runShards } from '../../../lib/pipeline/batch/run-shards.ts';
import { paces } from '../../../lib/pipeline/batch/work.ts';
import type { BatchRecord } from '../../../lib/transfer/batch/batch-record.ts';
import type { Outcome } from '../../../lib/transfer/batch/outcome.ts';
import { chanceFrom } from '../chance.ts';
import type { BatchWorld } from './batch-world.ts';
import { batchWorld, bytesOf, Died, PLACES, portsOf } from './batch-world.ts';

export const BATCH: BatchRecord = {
  v: 1,
  id: '01SIMBATCH0000000000000000',
  status: 'running',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  destination: 'folder',
  place: { kind: 'file', path: '/place' },
  list: { from: 'list', format: 'urls', sha256: '', entriesSha256: '', entries: 0, shards: 0 },
  options: { ifExists: 'if-changed', maxAttempts: 3, object: {} },
};

const MOST_LIVES = 40;

/** Plays one batch whose processes die again and again, some of them two at a time. @returns what is wrong with it */
export async function playBatch(seed: number): Promise<readonly string[]> {
  const chance = chanceFrom(seed);
  const world = batchWorld(chance);
  const never = new AbortController().signal;
  async function* list() {
    yield* world.entries;
  }
  const { shards } = await makeShards(portsOf(world, Number.POSITIVE_INFINITY), BATCH.id, list(), {
    most: 8,
    rare: 3,
    openHosts: 2,
  });
  let runs = 0;

  async function live(calls: number): Promise<boolean> {
    const ports = portsOf(world, calls);
    const work = {
      ports,
      batch: BATCH,
      limits: { maxAttempts: 3, maxWaitMs: Number.POSITIVE_INFINITY, backoff: { baseMs: 10, capMs: 20 } },
      lanes: 4,
      paceOf: paces(ports, { places: PLACES }),
      known: () => {},
      came: () => {},
    };
    runs += 1;
    world.workers += 1;
    try {
      await runShards(work, shards, never, { most: 3, perHost: 2 });
      return true;
    } catch (error) {
      if (!(error instanceof Died) && !String(error).includes('killed')) throw error;
      return false;
    } finally {
      world.workers -= 1;
      world.open.clear();
    }
  }

  for (let lives = 0; ; lives += 1) {
    const calls = lives < MOST_LIVES ? chance.between(1, 300) : Number.POSITIVE_INFINITY;
    // A lease that ran out: another worker takes the shards while the first is still at them.
    const others = chance.hit(0.2) ? [live(chance.between(1, 300))] : [];
    const [isThrough] = await Promise.all([live(calls), ...others]);
    if (isThrough === true) break;
  }
  const isEndedEarly = chance.hit(0.1);
  if (isEndedEarly)
    await endEarly(portsOf(world, Number.POSITIVE_INFINITY), BATCH.id, shards.length, {
      code: 'Cancelled',
      message: '',
    });
  return await faultsOf(world, shards, runs);
}

async function faultsOf(world: BatchWorld, shards: readonly ShardIndex[], runs: number): Promise<readonly string[]> {
  const faults: string[] = [...world.seen];
  const outcomes: Outcome[] = [];
  for await (const outcome of outcomesInOrder(world, BATCH.id, shards)) outcomes.push(outcome);
  const numbers = outcomes.map(({ entry }) => entry).join();
  const wanted = world.entries.map(({ number }) => number).join();
  if (numbers !== wanted) faults.push(`outcomes of ${numbers}, and there are ${wanted}`);
  for (const { entry, name, kind } of outcomes) {
    const url = world.entries[entry - 1]?.sources[0]?.url ?? '';
    const manner = world.manners.get(url);
    const isThere = kind === 'done' || kind === 'unchanged';
    const mayBeThere = manner !== 'is gone' && manner !== 'always fails';
    if (isThere !== mayBeThere) faults.push(`entry ${entry}, which ${manner}, is ${kind}`);
    if (isThere && world.objects.get(name) !== bytesOf(name)) faults.push(`entry ${entry} has other bytes`);
    if (!isThere && world.objects.has(name)) faults.push(`entry ${entry} is ${kind}, and an object is there`);
    // Three failures, and once more where it was busy, in each run at most.
    const asked = world.asked.get(url) ?? 0;
    if (asked > 4 * runs) faults.push(`entry ${entry} was asked for ${asked} times in ${runs} runs`);
  }
  return faults;
}
