import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { placeOrder, startSchedule } from './caller.ts';
import { makeFleets } from './fleets.ts';
import { typeCommands } from './machine/type-commands.ts';
import { MINUTE_MS, SECOND_MS } from './times.ts';
import type { SimHome } from './world.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  readonly failure?: string;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly faults: ReadonlyMap<string, number>;
  /** What the history came to, how often. */
  readonly situations: ReadonlyMap<string, number>;
  /** `status` or `status: reason` → how many transfers ended so. */
  readonly ends: ReadonlyMap<string, number>;
}

/**
 * One history from its seed to its end, or to the first invariant that breaks.
 * @param onStep gets a line for every step.
 */
export async function runHistory(
  seed: number,
  onStep?: (line: string) => void,
  home: SimHome = 'deployment',
): Promise<Outcome> {
  const world = new World(seed, home, onStep);
  for (const order of world.scenario.orders) world.rules.objects.orderPlaced(order);
  if (home === 'machine') typeCommands(world);
  else playDeployment(world);
  letUploadsVanish(world);
  await goThrough(world);
  const { failure, steps, elapsedMs: simulatedMs, faults, situations } = world;
  const ends = new Map<string, number>();
  for (const record of world.records.transfers()) ends.set(endOf(record), (ends.get(endOf(record)) ?? 0) + 1);
  return { seed, steps, simulatedMs, faults, situations, ends, ...(failure === undefined ? {} : { failure }) };
}

function playDeployment(world: World): void {
  makeFleets(world);
  for (const [index, order] of world.scenario.orders.entries()) placeOrder(world, order, index);
  startSchedule(world);
}

async function goThrough(world: World): Promise<void> {
  const untilMs = horizonMs(world);
  while (world.failure === undefined && world.step()) {
    if (world.resumed) {
      world.resumed = false;
      // Everything that the answer set going runs to its next call before anything else happens.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (world.elapsedMs > untilMs)
      world.broke(`not settled in bounded time: ${world.rules.objects.describeLeftovers()}`);
  }
  if (world.failure === undefined) world.rules.objects.checkEnd();
}

/**
 * When everything must have ended and been cleaned up: what was asked for, and the waits that the protocol adds to it.
 */
function horizonMs({ scenario, pipelinePolicy }: World): number {
  const { orders, faultsUntilMs, frozen, patienceMs, denial } = scenario;
  const { graceMs, orphanAgeMs } = pipelinePolicy;
  const acts = orders.flatMap(({ acts: of, options }) =>
    of.map(
      ({ atMs, on }) => (on === undefined ? atMs : faultsUntilMs + atMs) + 2 * options.deadlineMs + options.holdMs,
    ),
  );
  const busy = Math.max(faultsUntilMs, denial?.untilMs ?? 0, ...acts, ...frozen.map(({ untilMs }) => untilMs));
  return busy + 2 * patienceMs + 4 * graceMs + 3 * orphanAgeMs + 180 * MINUTE_MS;
}

/** A clean-up from outside, or a lifecycle rule: now and then an open upload is gone. */
function letUploadsVanish(world: World): void {
  if (world.scenario.rates.uploadVanishes === undefined || world.elapsedMs >= world.scenario.faultsUntilMs) return;
  for (const upload of world.store.standing()) {
    if (!world.strikes('uploadVanishes')) continue;
    world.trace('somebody', `aborts ${upload.id}`);
    world.store.abort(upload.id);
  }
  world.after(20 * SECOND_MS, () => letUploadsVanish(world));
}

function endOf({ status, reason, result }: TransferRecord): string {
  if (reason !== undefined) return `${status}: ${reason.code}`;
  return result?.unchanged === true ? `${status}: unchanged` : status;
}
