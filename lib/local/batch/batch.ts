import { resolve } from 'node:path';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { drafted, goneOnWith } from '../../transfer/batch/batch-transitions.ts';
import { stated } from '../../values/stated.ts';
import { stopper } from '../engine/stopper.ts';
import type { Home } from '../home/home.ts';
import type { BatchReport, BatchRequest } from './api.ts';
import type { BatchFolder } from './batch-folder.ts';
import { batchFolder } from './batch-folder.ts';
import { completeBatchOptions } from './batch-options.ts';
import { localBatchPorts } from './batch-ports.ts';
import { batchStore } from './batch-store.ts';
import { forgetBatch } from './clean-batches.ts';
import { readList } from './list/read-list.ts';
import { Progress } from './progress.ts';
import { watchForCancel } from './run/cancel-watch.ts';
import { runBatch } from './run/run-batch.ts';

/**
 * Brings a list of sources into a folder or under a prefix. The same list to the same place goes on with what an
 * interrupted run left.
 * @throws PieceworkError of the list and of the destination; what becomes of an entry is its outcome.
 */
export async function batch(home: Home, request: BatchRequest, signal: AbortSignal): Promise<BatchReport> {
  const folder = batchFolder(home.destinations, request.destination);
  try {
    return await batchInto(folder, home, request, signal);
  } catch (error) {
    folder.removeEmpty();
    throw error;
  }
}

async function batchInto(
  folder: BatchFolder,
  home: Home,
  request: BatchRequest,
  signal: AbortSignal,
): Promise<BatchReport> {
  const startedAt = home.clock.now();
  const options = completeBatchOptions(request.options);
  folder.makeRoom('list');
  const store = batchStore(home, folder);
  await using _lock = await store.lock();
  const last = await store.last();
  await using share = await home.engine.openBatch(folder.kind);
  const stopping = new AbortController();
  const watched = { id: home.ids.ulid() };
  const ports = localBatchPorts(home, { request, options, folder, share, batchId: () => watched.id });
  await ports.checkDestination(signal);
  // A path that means the same from every folder.
  const reportTo = typeof request.report === 'string' ? resolve(request.report) : request.report;
  const draft = drafted(
    {
      id: watched.id,
      destination: home.destinations.describe(folder.locate('')),
      place: store.place,
      options: { ...options.ofEntries, object: request.object ?? {} },
      ...stated({ reportTo }),
    },
    startedAt,
  );
  await store.announce(draft);
  using watch = watchForCancel(home, watched, stopping);
  using stop = stopper(signal, stopping.signal);
  const listed = await read(home, request, { ports, kind: folder.kind, batchId: draft.id }, stop.signal);
  const { shards } = listed.made;
  const fresh = { ...draft, list: listed.list };
  const earlier = last !== undefined && isUnfinished(last, fresh) ? last : undefined;
  if (earlier !== undefined) {
    await ports.shards.adopt(draft.id, earlier.id, shards.length);
    // A cancel of the draft ends what takes its place.
    await watch.look();
    await forgetBatch(home.records, draft.id);
  }
  const begun = await store.begin(earlier === undefined ? fresh : goneOnWith(earlier, fresh), earlier);
  watched.id = begun.id;
  await watch.look();
  const progress = new Progress(request.onEvent);
  progress.listed(begun, listed, earlier !== undefined);
  // What an earlier run was at when it was killed is asked for.
  const mayLookOnce = earlier === undefined && options.ifExists === 'if-changed';
  const isPlaceEmpty = mayLookOnce && (await ports.isPlaceEmpty(signal));
  const run = {
    batch: begun,
    isPlaceEmpty,
    isGoneOnWith: earlier !== undefined,
    all: shards,
    todo: shards,
    options,
    folder,
    store,
    ports,
    progress,
    startedAt,
    stopping,
  };
  return await runBatch(home, run, signal);
}

/** Whether it is the same batch, and was not brought to its end. */
function isUnfinished({ status, list }: BatchRecord, { list: read }: BatchRecord): boolean {
  if (status === 'completed' || list.entriesSha256 === '') return false;
  return list.entriesSha256 === read.entriesSha256 && list.shards === read.shards;
}

/** What was stored of a list that turns out to be none is taken away again. */
async function read(home: Home, request: BatchRequest, of: Parameters<typeof readList>[2], signal: AbortSignal) {
  try {
    return await readList(home, request, of, signal);
  } catch (error) {
    await forgetBatch(home.records, of.batchId);
    throw error;
  }
}
