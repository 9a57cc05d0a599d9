import type { ErrorRecord } from '../../../errors/error.ts';
import { asPieceworkError, toErrorRecord } from '../../../errors/error.ts';
import { paces } from '../../../pipeline/batch/work.ts';
import type { Records, Version } from '../../../records/records.ts';
import { hostOf } from '../../../records/records.ts';
import type { BatchEntry, Listed } from '../../../transfer/batch/entry.ts';
import { isEntry, shownSourceOf } from '../../../transfer/batch/entry.ts';
import type { Outcome } from '../../../transfer/batch/outcome.ts';
import { BACKOFF } from '../../../transfer/retry.ts';
import { stated } from '../../../values/stated.ts';
import { localSizing } from '../../engine/sizing.ts';
import type { Home } from '../../home/home.ts';
import type { BatchRequest } from '../api.ts';
import { batchFolder } from '../batch-folder.ts';
import { completeBatchOptions } from '../batch-options.ts';
import type { LocalBatchPorts } from '../batch-ports.ts';
import { LARGE_PARALLELISM, localBatchPorts } from '../batch-ports.ts';
import { openList } from '../list/open-list.ts';
import type { LookContext } from './look.ts';
import { lookAtEntry } from './look.ts';
import type { BatchPlan } from './plan.ts';
import type { TallyLimits } from './tally.ts';
import { Tally } from './tally.ts';

/** Entries that are looked at at a time; most of them wait for their place. */
const AT_ONCE = 256;
/** Tries of one question. */
const MOST_TRIES = 2;
/** Entries of a host whose first bytes are read, so that its speed is known. */
const SAMPLES = 3;

/**
 * What `batch` would do: reads the list, and asks for each entry once, as politely as that does. Nothing is written:
 * neither at the destination nor in the state folder.
 * @throws PieceworkError of the list and of the destination.
 */
export async function planBatch(home: Home, request: BatchRequest, signal: AbortSignal): Promise<BatchPlan> {
  const options = completeBatchOptions(request.options);
  const folder = batchFolder(home.destinations, request.destination);
  await using share = await home.engine.openBatch(folder.kind, { onlyLooks: true });
  const of = { request, options, folder, share, batchId: () => '' };
  const ports = { ...localBatchPorts(home, of), records: readOnly(home.records) };
  const list = await openList(home, request, folder.kind, signal, 'collect');
  const { perHostPerMinute, perHost, ifExists } = options;
  const lists = ifExists === 'if-changed' && ports.destination.isEmptyBelow !== undefined;
  const isPlaceEmpty = lists && (await ports.isPlaceEmpty(signal));
  const tally = new Tally({
    perHost,
    heads: ifExists !== 'replace' && !isPlaceEmpty,
    lists,
    ...stated({ perHostPerMinute, parts: partsOf(home, ports, perHost) }),
  });
  const samples = new Map<string, number>();
  const context: LookContext = {
    ports,
    options,
    isPlaceEmpty,
    limits: { maxAttempts: Math.min(MOST_TRIES, options.maxAttempts), maxWaitMs: options.maxWaitMs, backoff: BACKOFF },
    paceOf: paces(ports, { places: perHost, ...stated({ perMinute: perHostPerMinute }) }),
    wantsSample(url) {
      const taken = samples.get(hostOf(url)) ?? 0;
      samples.set(hostOf(url), taken + 1);
      return taken < SAMPLES;
    },
  };
  const fail = (outcome: Outcome, url?: string): void => {
    tally.failed(outcome, url);
    request.onEvent?.({ type: 'batch.outcome', outcome, isKnown: false });
  };
  async function look(listed: BatchEntry, until: AbortSignal): Promise<void> {
    const [{ url } = { url: '' }] = listed.sources;
    try {
      tally.looked(url, await lookAtEntry(context, listed, until));
    } catch (thrown) {
      until.throwIfAborted();
      fail({ ...failed(listed), error: toErrorRecord(asPieceworkError(thrown)) }, url);
    }
  }
  await eachOf(
    list.entries,
    async (listed, until) => {
      if (isEntry(listed)) await look(listed, until);
      else fail({ ...failed(listed), error: listed.error });
    },
    signal,
  );
  const summed = tally.plan();
  return {
    destination: home.destinations.describe(folder.locate('')),
    format: list.description().format,
    collisions: list.collisions(),
    ...summed,
    ...stated({ problem: await problemOf(ports, summed.toBring.bytes, signal) }),
  };
}

function failed(listed: Listed): Omit<Outcome, 'error'> {
  return { entry: listed.number, kind: 'failed', name: listed.name, source: shownSourceOf(listed) };
}

/** As many at a time; the list is read no faster. All have stopped when this rejects, with the first reason. */
async function eachOf<T>(
  all: AsyncIterable<T>,
  work: (one: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const stopping = new AbortController();
  const either = AbortSignal.any([signal, stopping.signal]);
  const running = new Set<Promise<void>>();
  try {
    for await (const one of all) {
      either.throwIfAborted();
      const done: Promise<void> = work(one, either)
        .catch((error: unknown) => stopping.abort(error))
        .finally(() => running.delete(done));
      running.add(done);
      if (running.size >= AT_ONCE) await Promise.race(running);
    }
  } catch (error) {
    stopping.abort(error);
  }
  await Promise.all(running);
  either.throwIfAborted();
}

/** What is learned of hosts is not kept. */
function readOnly(records: Records): Records {
  return {
    get: (key) => records.get(key),
    list: (prefix, cursor) => records.list(prefix, cursor),
    put: async () => '' as Version,
    delete: async () => {},
  };
}

/** As a large entry is cut, which is a transfer of its own. */
function partsOf(home: Home, { destination, buffers }: LocalBatchPorts, perHost: number): TallyLimits['parts'] {
  if (destination.kind !== 's3') return undefined;
  const kind = home.destinations.kind(destination.kind);
  const { policy } = localSizing({ kind, parallelism: Math.min(perHost, LARGE_PARALLELISM) });
  return { smallBytes: buffers.mostBytes, partBytes: policy.plan.preferredPieceBytes };
}

/** What would be found before the first entry. A folder that is not there is made, and has what its disk has. */
async function problemOf(
  ports: LocalBatchPorts,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<ErrorRecord | undefined> {
  try {
    await ports.checkDestination(signal, sizeBytes);
    return undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asPieceworkError(thrown);
    const isMade = ports.destination.occupiedBytes !== undefined;
    return isMade && error.code === 'DestinationMissing' ? undefined : toErrorRecord(error);
  }
}
