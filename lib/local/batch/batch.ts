import { resolve } from 'node:path';
import type { MadeShards } from '../../pipeline/batch/make-shards.ts';
import { makeShards } from '../../pipeline/batch/make-shards.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { drafted, goneOnWith } from '../../transfer/batch/batch-transitions.ts';
import { stated } from '../../values/stated.ts';
import { stopper } from '../engine/stopper.ts';
import type { Home } from '../home/home.ts';
import type { BatchReport, BatchRequest } from './api.ts';
import type { BatchFolder } from './batch-folder.ts';
import { batchFolder } from './batch-folder.ts';
import { completeBatchOptions } from './batch-options.ts';
import type { LocalBatchPorts } from './batch-ports.ts';
import { localBatchPorts } from './batch-ports.ts';
import { batchStore } from './batch-store.ts';
import { forgetBatch } from './clean-batches.ts';
import { checkRoom } from './list/check-room.ts';
import type { OpenedList } from './list/open-list.ts';
import { openList } from './list/open-list.ts';
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
  const { list, made } = await read(home, request, { ports, kind: folder.kind, batchId: draft.id }, stop.signal);
  const fresh = {
    ...draft,
    list: { ...list.description, entriesSha256: made.sha256, entries: made.entries, shards: made.shards.length },
  };
  const earlier = last !== undefined && isUnfinished(last, fresh) ? last : undefined;
  if (earlier !== undefined) {
    await ports.shards.adopt(draft.id, earlier.id, made.shards.length);
    // A cancel of the draft ends what takes its place.
    await watch.look();
    await forgetBatch(home.records, draft.id);
  }
  const begun = await store.begin(earlier === undefined ? fresh : goneOnWith(earlier, fresh), earlier);
  watched.id = begun.id;
  await watch.look();
  const progress = new Progress(request.onEvent);
  progress.listed(begun, list, earlier !== undefined);
  const { shards } = made;
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

/** What is known of a list that was read: without the hashes of its names, which are large. */
interface ReadList extends Pick<OpenedList, 'because' | 'notes'> {
  readonly description: ReturnType<OpenedList['description']>;
}

/** What was stored of a list that turns out to be none is taken away again. */
async function read(
  home: Home,
  request: BatchRequest,
  of: { readonly ports: LocalBatchPorts; readonly kind: string; readonly batchId: string },
  signal: AbortSignal,
): Promise<{ readonly list: ReadList; readonly made: MadeShards }> {
  const { ports, kind, batchId } = of;
  try {
    const list = await openList(home, request, kind, signal);
    const made = await makeShards(ports, batchId, list.entries);
    await checkRoom(ports, batchId, made, signal);
    const { because } = list;
    const notes = list.notes();
    return { list: { because, notes: () => notes, description: list.description() }, made };
  } catch (error) {
    await forgetBatch(home.records, batchId);
    throw error;
  }
}
