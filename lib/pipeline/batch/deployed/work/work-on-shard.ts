import { PieceworkError } from '../../../../errors/error.ts';
import { shownUrl } from '../../../../errors/secret-url-path.ts';
import { hostOf } from '../../../../records/records.ts';
import { placeUnder } from '../../../../transfer/batch/batch-place.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { isBatchOver, runOf } from '../../../../transfer/batch/batch-record.ts';
import type { Listed } from '../../../../transfer/batch/entry.ts';
import { isEntry } from '../../../../transfer/batch/entry.ts';
import { largeTransferId } from '../../../../transfer/batch/fleet/large-id.ts';
import type { Outcome } from '../../../../transfer/batch/outcome.ts';
import { isThere } from '../../../../transfer/batch/outcome.ts';
import type { ShardResult, ShardTask } from '../../../../transfer/messages.ts';
import { stated } from '../../../../values/stated.ts';
import type { Instant } from '../../../../values/time.ts';
import { fromIso, toIso } from '../../../../values/time.ts';
import { fleetOf } from '../../../shared/batches/fleet.ts';
import type { Ports } from '../../../shared/ports.ts';
import { TakenOver } from '../../../shared/taken-over.ts';
import type { BatchPorts } from '../../batch-ports.ts';
import type { HostPace } from '../../host-pace.ts';
import { hostPace } from '../../host-pace.ts';
import { bringOpen } from '../../run-shard.ts';
import { leaseOutcomes } from '../../shard-outcomes.ts';
import type { BatchWork } from '../../work.ts';
import { shardsOf } from '../entries/sealed-shards.ts';
import type { FleetMemory } from './fleet-memory.ts';
import type { Shift } from './shift.ts';
import { beginShift } from './shift.ts';

/** A worker that is not heard of for so long has its shard no more. */
const LEASE_MS = 90_000;
/**
 * Each is one write for up to 256 entries; a crash costs what came since the last one, and that is found there. A
 * worker with a short life writes four times in it.
 */
const CHECKPOINT_MS = 20_000;
/** Entries of one shard under way, most of them waiting for their place or for the store. */
const LANES = 32;

/**
 * Brings what is open of a shard, for as long as its worker lives and the host gives; the rest it gives back. What has
 * become of the entries stands in the outcomes before anything is sent.
 * @param cutOffAt when its worker dies at the latest
 */
export async function workOnShard(
  ports: Ports,
  memory: FleetMemory,
  task: ShardTask,
  signal: AbortSignal,
  cutOffAt: Instant = Number.POSITIVE_INFINITY,
): Promise<void> {
  const { queues } = fleetOf(ports);
  const { batchId, run, shard } = task;
  const batch = await memory.batch(batchId, run);
  if (batch === undefined || isBatchOver(batch) || runOf(batch) !== run) return;
  const report = async (end: ShardResult['end']) => {
    const { turn } = task;
    await queues.finalizer.send([{ body: { kind: 'shard-result', v: 1, batchId, run, shard, turn, end } }]);
  };
  if (batch.ending !== undefined) return await report('given-back');
  const mayGoOn = async () => {
    const now = await memory.batch(batchId, run);
    return now?.ending === undefined && now?.status === 'running';
  };
  const shift = beginShift(ports, signal, mayGoOn, cutOffAt);
  try {
    await report(await bring(ports, memory, batch, { ...task, cutOffAt }, shift));
  } catch (error) {
    // Another worker is at it, and will report.
    if (error instanceof TakenOver) return;
    signal.throwIfAborted();
    throw error;
  } finally {
    await shift.end();
  }
}

async function bring(
  ports: Ports,
  memory: FleetMemory,
  batch: BatchRecord,
  { shard, places, cutOffAt }: ShardTask & { readonly cutOffAt: Instant },
  shift: Shift,
): Promise<ShardResult['end']> {
  const shards = shardsOf(ports, batch);
  const paces = new Map<string, HostPace>();
  const turn = {
    run: runOf(batch),
    owner: ports.ids.ulid(),
    leaseMs: LEASE_MS,
    cutOffAt,
    silentSince: () => silentSince(ports, [...paces.values()]),
    wasCut: () => shift.wasCut,
  };
  const leased = await leaseOutcomes(ports, batch.id, shard, turn, batch.options.checksums ?? []);
  if (leased === 'through') return 'through';
  if (leased === 'held' || leased === 'over') throw new TakenOver(`${batch.id}/${shard}`, 'shard');
  const { outcomes, isSure } = leased;
  const listed = await filled(ports, await shards.get(batch.id, shard));
  const batchPorts: BatchPorts = {
    ...ports,
    shards,
    destination: shift.counted(ports.destinations(batch.place)),
    locate: (name) => placeUnder(batch.place, name),
    makeRoom: () => {},
    buffers: memory.buffers,
    connect: async () => shift.connection(),
    bringLarge: () => Promise.reject(new PieceworkError('Internal', 'a worker of a fleet brings no large entry')),
  };
  const host = onlyHost(listed);
  const served = hostsThatServed(listed, outcomes.all);
  const since = leased.silentSince === undefined ? {} : { silentSince: fromIso(leased.silentSince) };
  const { perHostPerMinute: perMinute, maxAttempts, maxWaitMs } = batch.options;
  const { backoff, maxWaitMs: usualWaitMs = Number.POSITIVE_INFINITY } = ports.policy.decide;
  const work: BatchWork = {
    ports: batchPorts,
    batch,
    limits: { maxAttempts, maxWaitMs: maxWaitMs ?? usualWaitMs, backoff },
    lanes: LANES,
    waitsForAge: true,
    checkpointMs: Math.min(CHECKPOINT_MS, (ports.policy.pieceLifeMs ?? Number.POSITIVE_INFINITY) / 4),
    // What a worker brought that died is found.
    isPlaceEmpty: batch.isPlaceEmpty === true && isSure,
    paceOf(url) {
      const name = hostOf(url);
      const limits = { ...(name === host ? { places } : { places: 1, isGuest: true }), hasServed: served.has(name) };
      const pace =
        paces.get(name) ?? shift.paced(hostPace(batchPorts, url, { ...limits, ...since, ...stated({ perMinute }) }));
      paces.set(name, pace);
      return pace;
    },
    asTransfer: ({ number, name, sources }, mirror) => ({
      entry: number,
      transferId: largeTransferId(batch.id, turn.run, number),
      name,
      source: sources[mirror] === undefined ? '' : shownUrl(sources[mirror]),
      ...(mirror > 0 ? { mirror } : {}),
    }),
    known: () => {},
    came: () => {},
  };
  try {
    await bringOpen(work, outcomes, listed, shift.signal);
    return 'through';
  } catch (error) {
    if (shift.isOver(error)) return 'given-back';
    throw error;
  }
}

/** With the values of secrets that sources refer to. */
async function filled(ports: Ports, listed: readonly Listed[] | undefined): Promise<readonly Listed[]> {
  if (listed === undefined) throw new PieceworkError('SourceNeeded', 'the sealed entries of a shard are gone');
  const { fill } = ports.secrets;
  if (fill === undefined) return listed;
  return await Promise.all(
    listed.map(async (one) => {
      if (!isEntry(one)) return one;
      const sources = await Promise.all(one.sources.map((source) => fill(source)));
      const { checksumsFrom } = one;
      return checksumsFrom === undefined
        ? { ...one, sources }
        : { ...one, sources, checksumsFrom: await fill(checksumsFrom) };
    }),
  );
}

/** Of all entries by their first source; `undefined` = they have several. */
function onlyHost(listed: readonly Listed[]): string | undefined {
  const hosts = new Set(listed.flatMap((one) => (isEntry(one) ? [hostOf(one.sources[0]?.url ?? '')] : [])));
  return hosts.size === 1 ? [...hosts][0] : undefined;
}

/** Hosts of entries that are there: what they deny now may be a limit. */
function hostsThatServed(listed: readonly Listed[], outcomes: readonly Outcome[]): ReadonlySet<string> {
  const there = new Set(outcomes.filter(isThere).map(({ entry }) => entry));
  const sources = listed.filter(isEntry).filter(({ number }) => there.has(number));
  return new Set(sources.map(({ sources: [source] }) => hostOf(source?.url ?? '')));
}

/** By the one that gave a byte last: as long as one gives, there is progress. */
function silentSince({ clock }: Ports, paces: readonly HostPace[]): string | undefined {
  if (paces.length === 0) return undefined;
  return toIso(clock.now() - Math.min(...paces.map((pace) => pace.silentMs())));
}
