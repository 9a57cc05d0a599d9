import { PieceworkError } from '../../errors/error.ts';
import type { Version } from '../../records/records.ts';
import { hostOf, KEYS } from '../../records/records.ts';
import type { Denied, Tries } from '../../transfer/batch/again.ts';
import type { BatchEntry } from '../../transfer/batch/entry.ts';
import type { LargeEntry, Outcome, ShardOutcomes, StoredDenials } from '../../transfer/batch/outcome.ts';
import { isThere, merged } from '../../transfer/batch/outcome.ts';
import type { DigestAlgorithm } from '../../transfer/digests.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso, toIso } from '../../values/time.ts';
import { TakenOver } from '../shared/taken-over.ts';
import type { BatchPorts } from './batch-ports.ts';

/** What has become of a shard's entries, and the record of it. */
export interface OpenOutcomes {
  readonly shard: number;
  /** Those that count: of an earlier run, and of this one. */
  readonly all: readonly Outcome[];
  /** Entries that are to become transfers, or are. */
  readonly large: readonly LargeEntry[];
  /** What an entry without an outcome has behind it, and when it may be tried. */
  todoOf(entry: number): { readonly tries: Tries; readonly dueAt: Instant };
  /** It has come meanwhile, also from another worker. */
  has(entry: number): boolean;
  add(outcome: Outcome): void;
  addLarge(entry: LargeEntry): void;
  /** It failed, and is tried again then. */
  tried(entry: BatchEntry, tries: Tries, dueAt: Instant): void;
  /** Writes all of them where something is new since the last time. */
  checkpoint(): Promise<void>;
  /**
   * The last checkpoint.
   * @param open entries that are left to another worker; none = the shard is through
   */
  leave(open: readonly number[]): Promise<void>;
}

/** In a fleet: the time that a worker has a shard to itself. */
export interface ShardTurn {
  /** Of the batch: what failed in an earlier one is done again, and in this one not. */
  readonly run: number;
  /** Another one for each worker and each time. */
  readonly owner: string;
  readonly leaseMs: number;
  /** When the worker dies at the latest, and its lease with it. */
  readonly cutOffAt: Instant;
  /** ISO 8601: since when the hosts of what is left have given no byte. */
  silentSince(): string | undefined;
  /** The worker was stopped with something under way. */
  wasCut(): boolean;
}

type OutcomePorts = Pick<BatchPorts, 'records' | 'ids' | 'clock'>;

const SWAP_TRIES = 8;

/**
 * @param keepsFailures false = what failed or was cancelled earlier is done again
 * @param checksums what is there is done again where one of these is not known of it
 */
export async function openOutcomes(
  ports: OutcomePorts,
  batchId: string,
  shard: number,
  keepsFailures: boolean,
  checksums: readonly DigestAlgorithm[] = [],
): Promise<OpenOutcomes> {
  const found = await ports.records.get(KEYS.outcomes(batchId, shard));
  return opened(ports, { batchId, shard, found, keepsFailures, checksums });
}

export interface Leased {
  readonly outcomes: OpenOutcomes;
  /** What is there has an outcome: each worker of this run that had it before left it in order. */
  readonly isSure: boolean;
  readonly silentSince?: string;
}

/**
 * Takes the shard to oneself. `held`: another worker has it; `through`: nothing of it is left to a worker; `over`: its
 * batch is in a later run.
 */
export async function leaseOutcomes(
  ports: OutcomePorts,
  batchId: string,
  shard: number,
  turn: ShardTurn,
  checksums: readonly DigestAlgorithm[],
): Promise<Leased | 'held' | 'through' | 'over'> {
  const found = await ports.records.get(KEYS.outcomes(batchId, shard));
  const { run = 1, through, lease } = found?.value ?? { run: 0 };
  if (run > turn.run) return 'over';
  const isSameRun = run === turn.run;
  if (isSameRun && through === true) return 'through';
  if (isSameRun && lease !== undefined && lease.until > toIso(ports.clock.now())) return 'held';
  const outcomes = opened(ports, { batchId, shard, found, keepsFailures: isSameRun, checksums, turn });
  try {
    await outcomes.checkpoint();
    const { silentSince } = found?.value ?? {};
    const isSure = !isUnsure(found?.value, turn.run);
    return isSameRun && silentSince !== undefined ? { outcomes, isSure, silentSince } : { outcomes, isSure };
  } catch (error) {
    if (error instanceof TakenOver) return 'held';
    throw error;
  }
}

interface Found {
  readonly value: ShardOutcomes;
  readonly version: Version;
}

interface Opening {
  readonly batchId: string;
  readonly shard: number;
  readonly found: Found | undefined;
  readonly keepsFailures: boolean;
  readonly checksums: readonly DigestAlgorithm[];
  readonly turn?: ShardTurn;
}

function opened(ports: OutcomePorts, { batchId, shard, found, keepsFailures, checksums, turn }: Opening): OpenOutcomes {
  const key = KEYS.outcomes(batchId, shard);
  let version: Version | 'absent' = found?.version ?? 'absent';
  const earlier = (found?.value.outcomes ?? []).filter(
    (one) => keepsFailures || (isThere(one) && checksums.every((algorithm) => one.digests?.[algorithm] !== undefined)),
  );
  const byEntry = new Map(earlier.map((outcome) => [outcome.entry, outcome]));
  const ofThisRun = turn === undefined || found?.value.run !== turn.run ? undefined : found.value;
  const large = new Map((ofThisRun?.large ?? []).map((one) => [one.entry, one]));
  const triedTimes = new Map(Object.entries(ofThisRun?.tries ?? {}));
  const cameUnsure = turn !== undefined && isUnsure(found?.value, turn.run);
  let left: { readonly open: readonly number[] } | undefined;
  let writeId: string | undefined;
  // The lease itself is new.
  let isNew = turn !== undefined;
  let renewAt = 0;

  function document(): ShardOutcomes {
    const all: ShardOutcomes = { v: 1, shard, outcomes: [...byEntry.values()] };
    return turn === undefined ? all : { ...all, ...ofTurn(turn) };
  }

  function ofTurn({ run, owner, leaseMs, cutOffAt, silentSince, wasCut }: ShardTurn): Partial<ShardOutcomes> {
    const now = ports.clock.now();
    const until = Math.min(now + leaseMs, cutOffAt);
    renewAt = now + leaseMs / 2;
    writeId = ports.ids.ulid();
    const open = [...large.values()].filter(({ entry }) => !byEntry.has(entry)).sort((a, b) => a.entry - b.entry);
    const always = { run, writeId, ...(open.length === 0 ? {} : { large: open }) };
    if (left?.open.length === 0) return { ...always, through: true };
    const tries = triedTimes.size === 0 ? undefined : Object.fromEntries(triedTimes);
    return {
      ...always,
      ...stated({ tries, silentSince: silentSince() ?? ofThisRun?.silentSince, restsUntil: restsUntil(now) }),
      ...(cameUnsure || (left !== undefined && wasCut()) ? { unsure: true } : {}),
      ...(left === undefined ? { lease: { owner, until: toIso(until) } } : {}),
    };
  }

  /** Where all that is left waits for its time. */
  function restsUntil(now: Instant): string | undefined {
    if (left === undefined) return undefined;
    const dueAt = Math.min(...left.open.map(dueAtOf));
    return dueAt > now ? toIso(dueAt) : undefined;
  }

  function dueAtOf(entry: number): Instant {
    const { dueAt } = triedTimes.get(String(entry)) ?? {};
    return dueAt === undefined ? 0 : fromIso(dueAt);
  }

  /** What a host serves is counted anew by each worker: less than none = it has served since the first denial. */
  function deniedBefore(denials: StoredDenials | undefined): Denied | undefined {
    if (denials === undefined) return undefined;
    return { count: denials.count, servedCount: thereFrom(denials.host) > denials.there ? -1 : 0 };
  }

  function thereFrom(host: string): number {
    return [...byEntry.values()].filter((one) => isThere(one) && hostOf(one.source) === host).length;
  }

  /** Another worker of this shard was faster: double work, and no harm. */
  async function mergeWithTheirs(): Promise<'ours' | 'theirs'> {
    const theirs = await ports.records.get(key);
    version = theirs?.version ?? 'absent';
    if (turn !== undefined && theirs !== undefined) {
      if (theirs.value.writeId === writeId) return 'ours';
      if (!isStillOurs(turn, theirs.value)) {
        await handOver(turn, theirs).catch(() => {});
        throw new TakenOver(`${batchId}/${shard}`, 'shard');
      }
    }
    for (const outcome of merged([...byEntry.values()], theirs?.value.outcomes ?? []))
      byEntry.set(outcome.entry, outcome);
    return 'theirs';
  }

  /**
   * What came here since the last checkpoint is written for the worker that has the shard now, which finds it at its
   * next write. What is complete does not change.
   */
  async function handOver(ours: ShardTurn, { value, version: on }: Found): Promise<void> {
    if ((value.run ?? 1) !== ours.run || value.through === true) return;
    const all = merged(value.outcomes, [...byEntry.values()]);
    if (all.length > value.outcomes.length)
      await ports.records.put(key, { ...value, outcomes: all, writeId: ports.ids.ulid() }, on);
  }

  async function write(): Promise<void> {
    isNew = false;
    for (let tries = 1; ; tries += 1) {
      try {
        version = await ports.records.put(key, document(), version);
        return;
      } catch (error) {
        if (!(error instanceof PieceworkError) || error.reaction === 'fail' || tries >= SWAP_TRIES) {
          isNew = true;
          throw error;
        }
        if ((await mergeWithTheirs()) === 'ours') return;
      }
    }
  }

  return {
    shard,
    get all() {
      return [...byEntry.values()];
    },
    get large() {
      return [...large.values()];
    },
    todoOf(entry) {
      const { denials, dueAt: _, ...others } = triedTimes.get(String(entry)) ?? { failures: 0, waits: 0 };
      return { tries: { ...others, ...stated({ denials: deniedBefore(denials) }) }, dueAt: dueAtOf(entry) };
    },
    has: (entry) => byEntry.has(entry),
    add(outcome) {
      const known = byEntry.get(outcome.entry);
      // Another worker of this shard brought it meanwhile.
      if (known === undefined || !isThere(known) || isThere(outcome)) byEntry.set(outcome.entry, outcome);
      triedTimes.delete(String(outcome.entry));
      isNew = true;
    },
    addLarge(entry) {
      large.set(entry.entry, entry);
      isNew = true;
    },
    tried({ number, sources }, { failures, waits, young, denials: denied }, dueAt) {
      const host = hostOf(sources[0]?.url ?? '');
      const { there = thereFrom(host) } = triedTimes.get(String(number))?.denials ?? {};
      const denials = denied === undefined ? undefined : { count: denied.count, host, there };
      triedTimes.set(String(number), { failures, waits, ...stated({ young, denials }), dueAt: toIso(dueAt) });
    },
    async checkpoint() {
      if (isNew || (turn !== undefined && ports.clock.now() >= renewAt)) await write();
    },
    async leave(open) {
      left = { open };
      if (isNew || turn !== undefined) await write();
    },
  };
}

function isUnsure(found: ShardOutcomes | undefined, ofRun: number): boolean {
  if (found === undefined) return false;
  const { run = 1, lease, unsure = false } = found;
  return run !== ofRun || lease !== undefined || unsure;
}

/** Who has the lease writes, and what is complete does not change. */
function isStillOurs(ours: ShardTurn, { run = 1, through, lease }: ShardOutcomes): boolean {
  const isOver = run > ours.run || (run === ours.run && through === true);
  const isHeld = run === ours.run && lease !== undefined && lease.owner !== ours.owner;
  return !isOver && !isHeld;
}
