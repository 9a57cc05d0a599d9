import { ERROR_CODES } from '../../errors/codes.ts';
import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import { hostOf } from '../../records/records.ts';
import type { Again, Tries } from '../../transfer/batch/again.ts';
import { afterDenial, afterEntryFailure, afterYouth } from '../../transfer/batch/again.ts';
import type { BatchEntry, Listed } from '../../transfer/batch/entry.ts';
import { isEntry, shownSourceOf } from '../../transfer/batch/entry.ts';
import type { LargeEntry, Outcome } from '../../transfer/batch/outcome.ts';
import { isThere } from '../../transfer/batch/outcome.ts';
import { mayBeLimit } from '../../transfer/denial.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { sideBySide } from '../shared/side-by-side.ts';
import { TakenOver } from '../shared/taken-over.ts';
import { bringEntry } from './bring-entry.ts';
import { checksumFiles } from './checksum-files.ts';
import { digestsOfStored } from './entry/expected-digests.ts';
import { discardPuts, putToken } from './entry/puts.ts';
import { SharedRead } from './entry/reading.ts';
import { twins } from './entry/twins.ts';
import type { HostPace } from './host-pace.ts';
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
 * Works on a shard until each of its entries has an outcome, or is put off (`work.putOff`). What may pass is tried
 * again when the others are through. Stopped in the middle, it loses at most what came since the last checkpoint, and
 * that is asked for once more.
 */
export async function runShard(work: BatchWork, shard: number, signal: AbortSignal): Promise<void> {
  const { ports, batch, isFurther = false } = work;
  const listed = await ports.shards.get(batch.id, shard);
  if (listed === undefined)
    throw new PieceworkError(
      'SourceNeeded',
      `the list of batch ${batch.id} is needed once more, since its URLs hold secrets and are not stored: run the same command again`,
    );
  const outcomes = await openOutcomes(ports, batch.id, shard, isFurther, batch.options.checksums);
  if (!isFurther) for (const outcome of outcomes.all) work.known(outcome);
  await bringOpen(work, outcomes, listed, signal);
}

/** The entries of a shard that have no outcome, and are no transfers. */
export async function bringOpen(
  work: BatchWork,
  outcomes: OpenOutcomes,
  listed: readonly Listed[],
  signal: AbortSignal,
): Promise<void> {
  const has = new Set([...outcomes.all, ...outcomes.large].map(({ entry }) => entry));
  const open = listed.filter(({ number }) => !has.has(number));
  for (const line of open) if (!isEntry(line)) take(work, outcomes, invalid(line));
  const fresh = open
    .filter(isEntry)
    .map((entry): Todo => ({ entry, ...outcomes.todoOf(entry.number) }))
    .sort((a, b) => a.dueAt - b.dueAt);
  if (work.mayHaveParts === true) await discardPuts(work.ports, work.batch.id, open.filter(isEntry), signal);
  let isThrough = false;
  const taken = new AbortController();
  const either = AbortSignal.any([signal, taken.signal]);
  const ticking = checkpointsUntil(outcomes, work, either, (error) => taken.abort(error));
  try {
    await rounds({ ...work, ...checksumFiles(work, open.filter(isEntry)) }, outcomes, fresh, either);
    isThrough = true;
  } finally {
    await ticking.stop();
    // Also of what was stopped: each outcome that is written is one entry less to ask for.
    const large = new Set(outcomes.large.map(({ entry }) => entry));
    const numbers = isThrough ? [] : fresh.map(({ entry }) => entry.number);
    await outcomes.leave(numbers.filter((number) => !outcomes.has(number) && !large.has(number)));
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
    await sideBySide(twins(todo), work.lanes, async (group) => {
      later.push(...(await bringGroup(work, outcomes, group, signal)));
    });
    todo = later.sort((a, b) => a.dueAt - b.dueAt);
  }
}

/** One after the other, what has one and the same source. @returns what is to be tried again */
async function bringGroup(
  work: BatchWork,
  outcomes: OpenOutcomes,
  group: readonly Todo[],
  signal: AbortSignal,
): Promise<readonly Todo[]> {
  const later: Todo[] = [];
  using shared = group.length > 1 ? new SharedRead() : undefined;
  /** The same file under the same name is there once. */
  const brought = new Map<string, Outcome>();
  for (const next of group) {
    if (outcomes.has(next.entry.number)) continue;
    const same = brought.get(next.entry.name);
    if (same !== undefined) {
      take(work, outcomes, { ...same, entry: next.entry.number, kind: 'unchanged' });
      continue;
    }
    const now = work.ports.clock.now();
    if (next.dueAt > now) await work.ports.clock.sleep(next.dueAt - now, signal);
    const came = await attempt(work, next, shared, signal);
    if (shared !== undefined && 'kind' in came && isThere(came)) brought.set(came.name, came);
    if ('transferId' in came) outcomes.addLarge(came);
    else if (!('kind' in came)) {
      outcomes.tried(came.entry, came.tries, came.dueAt);
      later.push(came);
    } else if (!isPutOff(work, outcomes.shard, came)) take(work, outcomes, came);
  }
  return later;
}

function take(work: BatchWork, outcomes: OpenOutcomes, outcome: Outcome): void {
  outcomes.add(outcome);
  work.came(outcome);
}

function isPutOff({ putOff }: BatchWork, shard: number, { error }: Outcome): boolean {
  return error?.code === 'SourceTooYoung' && putOff?.(shard, error.details?.retryAfterMs ?? 0) === true;
}

interface Failed {
  readonly error: PieceworkError;
  /** Of the host that failed. */
  readonly pace: HostPace;
}

/** One try of each mirror. Throws only when it was stopped. */
async function attempt(
  work: BatchWork,
  { entry, tries }: Todo,
  shared: SharedRead | undefined,
  signal: AbortSignal,
): Promise<Outcome | LargeEntry | Todo> {
  const failures: Failed[] = [];
  for (const source of entry.sources) {
    const pace = work.paceOf(source.url);
    try {
      const came = await bring(work, entry, source, shared, signal);
      if (tries.denials !== undefined) pace.denials.waitedOut(true);
      return came;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asPieceworkError(thrown);
      // No other mirror can help.
      if (!isOfSource(error)) failures.length = 0;
      failures.push({ error, pace });
      if (!isOfSource(error)) break;
    }
  }
  // Of mirrors, the best one's failure says most.
  const { error } = failures.find(({ error: { code } }) => code === 'SourceTooYoung') ??
    failures[0] ?? { error: new PieceworkError('Internal', `entry ${entry.number} has no source`) };
  const again = error.code === 'SourceTooYoung' ? whenOlder(work, tries, error) : againAt(work, entry, tries, failures);
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

/** Time makes a file older, and not another try. */
function whenOlder({ waitsForAge = false, limits }: BatchWork, tries: Tries, { details }: PieceworkError): Again {
  return waitsForAge ? afterYouth(tries, details.retryAfterMs ?? 0, limits) : 'final';
}

/** It is tried again where any of its mirrors may come to give it. */
function againAt(work: BatchWork, entry: BatchEntry, tries: Tries, failures: readonly Failed[]): Again {
  for (const failure of failures) {
    const again = whatFollows(work, failure, tries, entry);
    if (again !== 'final') return again;
    if (tries.denials !== undefined && mayBeLimit(failure.error)) failure.pace.denials.waitedOut(false);
  }
  return 'final';
}

function whatFollows(
  { batch, limits }: BatchWork,
  { error, pace }: Failed,
  tries: Tries,
  { number }: BatchEntry,
): Again {
  const seed = `${batch.id}/${number}`;
  return mayBeLimit(error)
    ? afterDenial(tries, pace, limits, seed)
    : afterEntryFailure(error, tries, pace.silentMs(), limits, seed);
}

/** Another mirror may be better; another try of the destination is not. */
function isOfSource({ code }: PieceworkError): boolean {
  return ['source', 'network', 'integrity'].includes(ERROR_CODES[code].group);
}

async function bring(
  { ports, batch, paceOf, proved, started, asTransfer, isPlaceEmpty }: BatchWork,
  listed: BatchEntry,
  source: SourceLocator,
  shared: SharedRead | undefined,
  signal: AbortSignal,
): Promise<Outcome | LargeEntry> {
  const entry = (await proved?.(listed, signal)) ?? listed;
  const { ifExists, strict = false, object, checksums = [], minAgeMs } = batch.options;
  const job = {
    entry,
    source,
    shown: shownUrl(source),
    token: putToken(batch.id, entry.number),
    ifExists,
    strict,
    object,
    checksums,
    pace: paceOf(source.url),
    host: hostOf(source.url),
    ...stated({ shared, minAgeMs, started, isPlaceEmpty }),
  };
  const came = await bringEntry(ports, job, signal);
  if (came !== 'large') return came;
  if (asTransfer !== undefined) return asTransfer(entry, listed.sources.indexOf(source));
  const twin = shared?.large.get(source.url);
  const outcome = await ports.bringLarge({ ...entry, sources: [source] }, object, signal, twin);
  shared?.large.set(source.url, entry.name);
  const { sizeBytes = 0, digests = {} } = outcome;
  return { ...outcome, digests: await digestsOfStored(ports, job, { sizeBytes, digests }, signal) };
}

function invalid({ number, name, source, error }: Exclude<Listed, BatchEntry>): Outcome {
  return { entry: number, kind: 'failed', name, source, error };
}

/**
 * Writes what came, every few seconds, until it is stopped. A checkpoint that fails is made up for by the next one.
 * @param lost called where another worker has the shard now: this one is to stop
 */
function checkpointsUntil(
  outcomes: OpenOutcomes,
  { ports: { clock }, checkpointMs = CHECKPOINT_MS }: BatchWork,
  signal: AbortSignal,
  lost: (error: TakenOver) => void,
): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const either = AbortSignal.any([stopped.signal, signal]);
  const loop = (async () => {
    for (;;) {
      await clock.sleep(checkpointMs, either);
      await outcomes.checkpoint().catch((error: unknown) => {
        if (error instanceof TakenOver) lost(error);
      });
    }
  })().catch(() => {});
  return {
    async stop() {
      stopped.abort();
      await loop;
    },
  };
}
