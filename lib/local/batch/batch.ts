import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { endEarly } from '../../pipeline/batch/end-early.ts';
import type { MadeShards } from '../../pipeline/batch/make-shards.ts';
import { makeShards } from '../../pipeline/batch/make-shards.ts';
import { runRounds } from '../../pipeline/batch/run-rounds.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { toIso } from '../../values/time.ts';
import { stopper } from '../engine/stopper.ts';
import type { Home } from '../home/home.ts';
import type { BatchReport, BatchRequest } from './api.ts';
import { batchFolder } from './batch-folder.ts';
import { completeBatchOptions } from './batch-options.ts';
import type { LocalBatchPorts } from './batch-ports.ts';
import { localBatchPorts } from './batch-ports.ts';
import { batchStore } from './batch-store.ts';
import { forgetBatch, forgetRooms } from './clean-batches.ts';
import type { OpenedList } from './list/open-list.ts';
import { openList } from './list/open-list.ts';
import { Progress } from './progress.ts';
import { storeReport } from './report/report.ts';
import { storeSums } from './report/sums.ts';
import { batchWork } from './work.ts';

/**
 * Brings a list of sources into a folder or under a prefix. The same list to the same place goes on with what an
 * interrupted run left.
 * @throws PieceworkError of the list and of the destination; what becomes of an entry is its outcome.
 */
export async function batch(home: Home, request: BatchRequest, signal: AbortSignal): Promise<BatchReport> {
  const startedAt = home.clock.now();
  const options = completeBatchOptions(request.options);
  const folder = batchFolder(home.destinations, request.destination);
  folder.makeRoom('list');
  const store = batchStore(home, folder);
  await using _lock = await store.lock();
  await using share = await home.engine.openBatch(folder.kind);
  const ports = localBatchPorts(home, { request, options, folder, share });
  await ports.checkDestination(signal);
  const draft: BatchRecord = {
    v: 1,
    id: home.ids.ulid(),
    status: 'running',
    createdAt: toIso(startedAt),
    updatedAt: toIso(startedAt),
    destination: home.destinations.describe(folder.locate('')),
    place: store.place,
    list: { from: '', format: '', sha256: '', entriesSha256: '', entries: 0, shards: 0 },
    options: { ...options.ofEntries, object: request.object ?? {} },
  };
  await store.announce(draft);
  const { list, made } = await read(home, request, { ports, kind: folder.kind, batchId: draft.id }, signal);
  const fresh = {
    ...draft,
    list: { ...list.description(), entriesSha256: made.sha256, entries: made.entries, shards: made.shards.length },
  };
  const earlier = await store.unfinished(fresh);
  if (earlier !== undefined) {
    await ports.shards.adopt(draft.id, earlier.id, made.shards.length);
    await forgetBatch(home.records, draft.id);
  }
  const begun = earlier ?? fresh;
  await store.begin(begun);
  const progress = new Progress(request.onEvent);
  progress.listed(begun, list, earlier !== undefined);

  const stopping = new AbortController();
  using stop = stopper(signal, stopping.signal);
  using _rules = progress.watch(options, stopping, home.clock);
  let reason: PieceworkError | undefined;
  try {
    await runRounds(batchWork(ports, begun, options, progress), made.shards, stop.signal);
  } catch (thrown) {
    if (signal.aborted) throw interrupted(begun.id, thrown);
    reason = asPieceworkError(thrown);
    await endEarly(ports, begun.id, made.shards.length, toErrorRecord(reason));
  }
  const of = { batch: begun, folder, shards: made.shards };
  const report = await storeReport(home, request, of, signal);
  const checksums = await storeSums(home, of, options.checksums, signal);
  const ended = await store.end(begun, { reason, report });
  // The report has all outcomes; without one, they stay until they are cleaned.
  await forgetRooms(home.records, begun.id, report === undefined ? ['shards'] : ['shards', 'outcomes']);
  const reported = progress.report(ended, home.clock.now() - startedAt);
  return checksums.length === 0 ? reported : { ...reported, checksums };
}

/** What was stored of a list that turns out to be none is taken away again. */
async function read(
  home: Home,
  request: BatchRequest,
  of: { readonly ports: LocalBatchPorts; readonly kind: string; readonly batchId: string },
  signal: AbortSignal,
): Promise<{ readonly list: OpenedList; readonly made: MadeShards }> {
  const { ports, kind, batchId } = of;
  try {
    const list = await openList(home, request, kind, signal);
    return { list, made: await makeShards(ports, batchId, list.entries) };
  } catch (error) {
    await forgetBatch(home.records, batchId);
    throw error;
  }
}

function interrupted(batchId: string, cause: unknown): PieceworkError {
  return new PieceworkError('Interrupted', 'interrupted; run the same command again to go on with what is missing', {
    cause,
    details: { batchId },
  });
}
