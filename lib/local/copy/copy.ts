import type { Lock } from '../../disk/lock.ts';
import { acquireLock } from '../../disk/lock.ts';
import { asPieceworkError, fromErrorRecord, PieceworkError } from '../../errors/error.ts';
import { probePatiently } from '../../pipeline/plan/probe-patiently.ts';
import { submit, toRequest } from '../../pipeline/requests/submit.ts';
import { checkExpectations, pageInstead } from '../../pipeline/shared/object-spec.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import type { Probe } from '../../sources/source.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { isPageInstead } from '../../transfer/page-instead.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { TransferOptions, TransferRequest } from '../../transfer/request.ts';
import { DEFAULT_OPTIONS } from '../../transfer/request.ts';
import type { Instant } from '../../values/time.ts';
import type { CopyReport, CopyRequest } from '../api.ts';
import type { Engine } from '../engine/engine.ts';
import type { Home } from '../home/home.ts';
import { hindrance, leftAsItIs, wishesNow } from './changed-request.ts';
import { primedSources } from './primed-source.ts';
import { difference, findUnfinished, giveUp, goOn, remember } from './unfinished.ts';

/** Looks at the source, goes on with what an earlier process left of the same transfer or begins one, and works until it has ended. */
export async function copy(home: Home, request: CopyRequest, signal: AbortSignal): Promise<CopyReport> {
  checkKeys('a copy request', request, ['source', 'destination', 'object', 'options', 'restart']);
  const options = completeOptions(request.options);
  await using first = await lookAt(home, request, options, signal);
  const { destination, engine } = first;
  first.makeFolder?.();
  await using _lock = await lockDestination(home, destination);
  using tally = tallyOf(home);
  const transferId = await begin(home, request, options, first, signal);
  return await runToReport(home, engine, transferId, tally, signal);
}

/** The first contact, before anything is written: it says what the file is called, and whether it is still the same. */
export interface FirstLook extends AsyncDisposable {
  readonly probe: Probe;
  readonly destination: DestinationLocator;
  /** Of what was written: to be called before anything is there. */
  readonly makeFolder?: () => void;
  readonly engine: Engine;
}

export async function lookAt(
  home: Home,
  request: CopyRequest,
  options: TransferOptions,
  signal: AbortSignal,
): Promise<FirstLook> {
  const written = home.destinations.parse(request.destination ?? '.');
  const { kind } = written.locate('name');
  const primed = primedSources(home.sources);
  const { parallelism, pieceSizeBytes } = options;
  const engine = await home.engine(kind, {
    parallelism,
    ...(pieceSizeBytes === undefined ? {} : { pieceSizeBytes }),
    sources: primed.sources,
  });
  const close = async () => {
    await primed[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  };
  try {
    const { singleMaxBytes } = engine.ports.policy.plan;
    const probe = await probePatiently(
      { ...engine.ports, sources: home.sources },
      request.source,
      singleMaxBytes,
      options,
      signal,
    );
    primed.prime(request.source, singleMaxBytes, probe);
    const destination = written.locate(probe.snapshot.name ?? 'download');
    checkExpectations(toRequest({ source: request.source, destination, object: {}, options }), probe.snapshot);
    const { makeFolder } = written;
    return {
      probe,
      destination,
      engine,
      ...(makeFolder === undefined ? {} : { makeFolder }),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export function completeOptions(options: Partial<TransferOptions> | undefined): TransferOptions {
  checkKeys('options', options ?? {}, [...Object.keys(DEFAULT_OPTIONS), 'pieceSizeBytes']);
  const complete = { ...DEFAULT_OPTIONS, ...options };
  checkRange('parallelism', complete.parallelism, 1, 256);
  checkRange('maxFailures', complete.maxFailures, 1, 100);
  checkRange('deadlineMs', complete.deadlineMs, 1, 365 * 86_400_000);
  checkRange('holdMs', complete.holdMs, 0, 365 * 86_400_000);
  if (complete.pieceSizeBytes !== undefined)
    checkRange('pieceSizeBytes', complete.pieceSizeBytes, 1, Number.MAX_SAFE_INTEGER);
  return complete;
}

/** A misspelt key would be as if it had not been given. TypeScript sees it only where the object is written in place. */
function checkKeys(what: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new PieceworkError('InvalidOption', `${what} has no "${unknown}"; it takes ${known.join(', ')}`);
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new PieceworkError('InvalidOption', `${name} must be a whole number from ${least} to ${most}, and is ${value}`);
}

/** Two processes never work on one destination. A pipe is this process's own. */
export async function lockDestination(home: Home, destination: DestinationLocator): Promise<AsyncDisposable> {
  const { destinations } = home;
  if (!destinations.kind(destination.kind).isResumable) return { [Symbol.asyncDispose]: async () => {} };
  const lock: Lock = await acquireLock(home.lockPath(destination), { what: destinations.describe(destination) });
  return { [Symbol.asyncDispose]: () => lock.release() };
}

/** Goes on with an unfinished transfer of the same source, else starts a new one; returns its id. */
async function begin(
  home: Home,
  request: CopyRequest,
  options: TransferOptions,
  first: FirstLook,
  signal: AbortSignal,
): Promise<string> {
  const { engine, destination, probe } = first;
  const { ports } = engine;
  const key = home.destinationKey(destination);
  const { source, object = {} } = request;
  const { isResumable } = home.destinations.kind(destination.kind);
  const unfinished = isResumable ? await findUnfinished(ports, key, signal) : undefined;
  if (unfinished !== undefined) {
    // Before it has a plan nothing was made by what was asked then, so all that is asked now takes its place.
    const isPlanned = unfinished.snapshot !== undefined;
    const wishes = isPlanned
      ? wishesNow(unfinished.request, request)
      : toRequest({ source, destination, object, options });
    const because = isPlanned ? whyNot(unfinished, request, wishes, first) : undefined;
    if (because === undefined) {
      const message = isPlanned ? leftAsItIs(unfinished, request) : undefined;
      if (message !== undefined) await ports.events.emit({ type: 'warning', message });
      await goOn(ports, unfinished, source, wishes, signal);
      return unfinished.id;
    }
    const { snapshot } = unfinished;
    if (request.restart !== true && isPageInstead(snapshot?.contentType, probe.snapshot.contentType)) {
      throw pageInstead(probe.finalUrl, snapshot?.contentType, probe.snapshot.contentType);
    }
    await giveUp(ports, unfinished, because, signal);
  }
  const id = ports.ids.ulid();
  if (isResumable) await remember(ports, key, id);
  await submit(ports, { id, source, destination, object, options, owner: 'local' });
  return id;
}

/** Why what has a plan is not gone on with. */
function whyNot(
  unfinished: TransferRecord,
  request: CopyRequest,
  wishes: TransferRequest,
  { engine: { ports }, destination, probe }: FirstLook,
): string | undefined {
  if (request.restart === true) return 'a restart was asked for';
  return difference(unfinished, probe.snapshot) ?? hindrance(unfinished, wishes, ports.destinations(destination));
}

/** Runs a transfer that has been set going, and says how it ended. Throws its reason when it failed. */
export async function runToReport(
  home: Home,
  engine: Engine,
  transferId: string,
  tally: Tally,
  signal: AbortSignal,
): Promise<CopyReport> {
  const record = await runOrInterrupted(home, engine, transferId, signal);
  if (record.status !== 'completed' || record.result === undefined) {
    throw record.reason === undefined
      ? new PieceworkError('Internal', `transfer ${transferId} is ${record.status} without a reason`)
      : fromErrorRecord(record.reason);
  }
  const { plan, snapshot, result } = record;
  return {
    transferId,
    destination: record.request.destination,
    result,
    elapsedMs: home.clock.now() - tally.startedAt,
    fetchedBytes: tally.fetchedBytes,
    resumedPieces: tally.resumedPieces,
    ...(plan === undefined ? {} : { plan }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

async function runOrInterrupted(
  home: Home,
  engine: Engine,
  transferId: string,
  signal: AbortSignal,
): Promise<TransferRecord> {
  try {
    return await engine.run(transferId, signal);
  } catch (thrown) {
    if (!signal.aborted) throw asPieceworkError(thrown);
    throw await interrupted(home, engine, transferId, thrown);
  }
}

async function interrupted(
  { destinations }: Home,
  engine: Engine,
  transferId: string,
  cause: unknown,
): Promise<PieceworkError> {
  const to = (await loadTransfer(engine.ports, transferId))?.record.request.destination;
  const hint =
    to === undefined || destinations.kind(to.kind).isResumable
      ? 'run the same command again to go on with the missing pieces'
      : `what went to ${destinations.describe(to)} is incomplete`;
  return new PieceworkError('Interrupted', `interrupted; ${hint}`, { cause, details: { transferId } });
}

/** Counts what this run fetches, from its events, for as long as it is not disposed of. */
export interface Tally extends Disposable {
  readonly startedAt: Instant;
  fetchedBytes: number;
  resumedPieces: number;
}

export function tallyOf(home: Home): Tally {
  const listening = home.listen((event) => {
    if (event.type === 'piece.done') tally.fetchedBytes += event.serverSideCopy === true ? 0 : event.bytes;
    else if (event.type === 'resuming') tally.resumedPieces = event.doneCount;
  });
  const tally: Tally = {
    startedAt: home.clock.now(),
    fetchedBytes: 0,
    resumedPieces: 0,
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
  return tally;
}
