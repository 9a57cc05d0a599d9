import { ERROR_CODES } from '../../errors/codes.ts';
import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { hostOf } from '../../records/records.ts';
import type { Tries } from '../../transfer/batch/again.ts';
import { afterEntryFailure } from '../../transfer/batch/again.ts';
import type { BatchEntry, Listed } from '../../transfer/batch/entry.ts';
import { isEntry, shownSourceOf } from '../../transfer/batch/entry.ts';
import type { Outcome } from '../../transfer/batch/outcome.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Instant } from '../../values/time.ts';
import { bringEntry } from './bring-entry.ts';
import type { OpenOutcomes } from './shard-outcomes.ts';
import { openOutcomes } from './shard-outcomes.ts';
import type { BatchWork } from './work.ts';

/** Written at most so often, whatever comes in between. */
const CHECKPOINT_MS = 3_000;

interface Todo {
  readonly entry: BatchEntry;
  readonly tries: Tries;
  /** Not before. */
  readonly dueAt: Instant;
}

/**
 * Works on a shard until each of its entries has an outcome. What may pass is tried again when the others are through.
 * Stopped in the middle, it loses at most what came since the last checkpoint, and that is asked for once more.
 */
export async function runShard(work: BatchWork, shard: number, signal: AbortSignal): Promise<void> {
  const { ports, batch } = work;
  const listed = await ports.shards.get(batch.id, shard);
  if (listed === undefined)
    throw new PieceworkError(
      'SourceNeeded',
      `the list of batch ${batch.id} is needed once more, since its URLs hold secrets and are not stored: run the same command again`,
    );
  const outcomes = await openOutcomes(ports, batch.id, shard, false);
  for (const outcome of outcomes.all) work.known(outcome);
  const has = new Set(outcomes.all.map(({ entry }) => entry));
  const open = listed.filter(({ number }) => !has.has(number));
  for (const line of open) if (!isEntry(line)) take(work, outcomes, invalid(line));
  const fresh = open.filter(isEntry).map((entry): Todo => ({ entry, tries: { failures: 0, waits: 0 }, dueAt: 0 }));
  const ticking = checkpointsUntil(outcomes, work, signal);
  try {
    await rounds(work, outcomes, fresh, signal);
  } finally {
    await ticking.stop();
    // Also of what was stopped: each outcome that is written is one entry less to ask for.
    await outcomes.checkpoint();
  }
}

async function rounds(
  work: BatchWork,
  outcomes: OpenOutcomes,
  first: readonly Todo[],
  signal: AbortSignal,
): Promise<void> {
  for (let todo = first; todo.length > 0; ) {
    const later: Todo[] = [];
    const queue = [...todo];
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const now = work.ports.clock.now();
        if (next.dueAt > now) await work.ports.clock.sleep(next.dueAt - now, signal);
        const came = await attempt(work, next, signal);
        if ('kind' in came) take(work, outcomes, came);
        else later.push(came);
      }
    };
    await allOrNone(Array.from({ length: Math.min(work.lanes, queue.length) }, worker));
    todo = later.sort((a, b) => a.dueAt - b.dueAt);
  }
}

/** All have stopped when this rejects, with the first reason. */
async function allOrNone(workers: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(workers);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function take(work: BatchWork, outcomes: OpenOutcomes, outcome: Outcome): void {
  outcomes.add(outcome);
  work.came(outcome);
}

/** One try of each mirror. Throws only when it was stopped. */
async function attempt(work: BatchWork, { entry, tries }: Todo, signal: AbortSignal): Promise<Outcome | Todo> {
  let last: PieceworkError | undefined;
  for (const source of entry.sources) {
    try {
      return await bring(work, entry, source, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      last = asPieceworkError(thrown);
      if (!isOfSource(last)) break;
    }
  }
  const error = last ?? new PieceworkError('Internal', `entry ${entry.number} has no source`);
  const [source] = entry.sources;
  const silentMs = source === undefined ? 0 : work.paceOf(source.url).silentMs();
  const again = afterEntryFailure(error, tries, silentMs, work.limits, `${work.batch.id}/${entry.number}`);
  if (again !== 'final') return { entry, tries: again.tries, dueAt: work.ports.clock.now() + again.delayMs };
  return {
    entry: entry.number,
    kind: 'failed',
    name: entry.name,
    source: shownSourceOf(entry),
    failures: tries.failures + 1,
    error: toErrorRecord(error),
  };
}

/** Another mirror may be better; another try of the destination is not. */
function isOfSource({ code }: PieceworkError): boolean {
  return ['source', 'network', 'integrity'].includes(ERROR_CODES[code].group);
}

async function bring(
  { ports, batch, paceOf }: BatchWork,
  entry: BatchEntry,
  source: SourceLocator,
  signal: AbortSignal,
): Promise<Outcome> {
  const { ifExists, strict = false, object } = batch.options;
  const came = await bringEntry(
    ports,
    {
      entry,
      source,
      token: `${batch.id}.${entry.number}`,
      ifExists,
      strict,
      object,
      pace: paceOf(source.url),
      host: hostOf(source.url),
    },
    signal,
  );
  return came === 'large' ? await ports.bringLarge({ ...entry, sources: [source] }, object, signal) : came;
}

function invalid({ number, name, source, error }: Exclude<Listed, BatchEntry>): Outcome {
  return { entry: number, kind: 'failed', name, source, error };
}

/** Writes what came, every few seconds, until it is stopped. A checkpoint that fails is made up for by the next one. */
function checkpointsUntil(
  outcomes: OpenOutcomes,
  { ports: { clock } }: BatchWork,
  signal: AbortSignal,
): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const either = AbortSignal.any([stopped.signal, signal]);
  const loop = (async () => {
    for (;;) {
      await clock.sleep(CHECKPOINT_MS, either);
      await outcomes.checkpoint().catch(() => {});
    }
  })().catch(() => {});
  return {
    async stop() {
      stopped.abort();
      await loop;
    },
  };
}
