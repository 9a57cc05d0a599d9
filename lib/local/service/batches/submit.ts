import { isAbsolute } from 'node:path';
import { PieceworkError, toErrorRecord } from '../../../errors/error.ts';
import { shownUrl } from '../../../errors/secret-url-path.ts';
import { loadBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import { claimId } from '../../../pipeline/requests/claim-id.ts';
import type { BatchSubmission } from '../../../pipeline/shared/batches/submission.ts';
import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchOver, runOf } from '../../../transfer/batch/batch-record.ts';
import { acceptedBatch, asEnding, submittedAgain } from '../../../transfer/batch/batch-transitions.ts';
import { shownHooks } from '../../../transfer/hooks.ts';
import { stated } from '../../../values/stated.ts';
import { batchFolder } from '../../batch/batch-folder.ts';
import { completeBatchOptions } from '../../batch/batch-options.ts';
import { batchStore } from '../../batch/batch-store.ts';
import { changeRecord } from '../../batch/change-record.ts';
import type { Home } from '../../home/home.ts';
import type { Queue } from '../queue/queue.ts';
import type { BatchJobs } from './batch-jobs.ts';
import { endEarly } from './bring.ts';
import { hasSameBytes } from './given-list.ts';
import type { ListStore } from './list-store.ts';

export interface Taking {
  readonly home: Home;
  readonly jobs: BatchJobs;
  readonly lists: ListStore;
  readonly queue: Queue;
  /** Aborted = the service is shutting down. */
  readonly signal: AbortSignal;
}

/**
 * Takes a batch on for its folder or prefix, which is locked from now on, and answers before its list is read. The same
 * list to the same place goes on with the batch that did not come to its end there; another one takes its place.
 * @throws PieceworkError `DestinationLocked`; `Conflict` when the idempotency key stands for another request; those of
 * the destination and of the options.
 */
export async function submitBatch(
  taking: Taking,
  submission: BatchSubmission,
  priority?: number,
): Promise<BatchRecord> {
  const { home, jobs, lists, queue } = taking;
  const { id, isFirst } = await claimId(home, submission, KEYS.batchIdempotency);
  const known = isFirst ? undefined : await loadBatch(home, id);
  if (known !== undefined) return known;
  const { region, endpoint } = submission.destination as { readonly region?: unknown; readonly endpoint?: unknown };
  if (region !== undefined || endpoint !== undefined)
    throw new PieceworkError(
      'InvalidDestination',
      'a batch of this machine goes to the store that its server was started with: leave region and endpoint away',
    );
  const { reportTo } = submission;
  if (typeof reportTo === 'string' && !isAbsolute(reportTo) && !/^[a-z][a-z0-9+.-]*:\/\//i.test(reportTo))
    throw new PieceworkError(
      'InvalidOption',
      'options.report is to be true, false, an absolute path or a URL: the server does not know your folder',
    );
  const folder = batchFolder(home.destinations, home.destinations.describe(submission.destination));
  const fresh = freshBatch(home, id, folder.locate('.piecework-batch'), submission);
  const store = batchStore(home, folder);
  const place = home.locks.key(store.place);
  const other = jobs.at(place);
  if (other !== undefined) throw placeTaken(other, fresh.destination);
  const lock = await store.lock();
  try {
    // Whether it can be made is known before the answer; it is made when its turn comes.
    folder.makeRoom('list');
    folder.removeEmpty();
    const last = await store.last();
    const record = await instead(taking, last, fresh, submission);
    if (record.id !== id) await rename(home, submission, record.id);
    await lists.put(record.id, submission);
    if (submission.hooks !== undefined) await home.notifications.keep(record.id, submission.hooks);
    await changeRecord(home.records, KEYS.batch(record.id), () => record);
    const { id: batchId, list, destination } = record;
    await home.events.emit({
      type: 'batch.accepted',
      batchId,
      run: runOf(record),
      list: list.from,
      destination,
    });
    // Before it waits, so that it is never passed over.
    if (priority !== undefined) await queue.prefer(record.id, { priority });
    jobs.start(record.id, place, lock);
    return record;
  } catch (error) {
    folder.removeEmpty();
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

function freshBatch(
  home: Home,
  id: string,
  place: BatchRecord['place'],
  { owner, list, reading, destination, options: asked, reportTo, hooks }: BatchSubmission,
): BatchRecord {
  const { object, ...given } = asked;
  const options = { ...completeBatchOptions(given).ofEntries, object };
  const from =
    list.kind === 'inline'
      ? { from: 'the request', format: 'entries' }
      : { from: shownUrl(list.from), format: reading?.format ?? '' };
  const text = batchFolder(home.destinations, home.destinations.describe(destination)).text;
  const shown = hooks === undefined ? undefined : shownHooks(hooks);
  const more = stated({ reportTo, hooks: shown });
  return acceptedBatch({ id, owner, destination: text, place, options, list: from, ...more }, home.clock.now());
}

/** What is begun where another batch to the same place did not come to its end. */
async function instead(
  { home, signal }: Taking,
  last: BatchRecord | undefined,
  fresh: BatchRecord,
  submission: BatchSubmission,
): Promise<BatchRecord> {
  if (last === undefined || last.status === 'completed') return fresh;
  if (await hasSameBytes(submission, last.list)) return submittedAgain(last, fresh);
  if (!isBatchOver(last)) await supersede(home, last, signal);
  return fresh;
}

/** Ends an unfinished batch whose place another one takes. */
async function supersede(home: Home, { id }: BatchRecord, signal: AbortSignal): Promise<void> {
  const reason = new PieceworkError('Cancelled', `batch ${id} was given up: another one to the same place was begun`);
  await changeRecord(home.records, KEYS.batch(id), (there) => {
    if (there === undefined) throw new PieceworkError('Conflict', `batch ${id} vanished`);
    return asEnding(there, { reason: toErrorRecord(reason) }, home.clock.now());
  });
  await endEarly(home, id, reason, signal);
}

/** The key stands for the batch that is gone on with. */
async function rename(home: Home, { idempotency }: BatchSubmission, batchId: string): Promise<void> {
  if (idempotency === undefined) return;
  const { keyHash, requestHash } = idempotency;
  await changeRecord(home.records, KEYS.batchIdempotency(keyHash), () => ({ v: 1, transferId: batchId, requestHash }));
}

function placeTaken(batchId: string, destination: string): PieceworkError {
  return new PieceworkError(
    'DestinationLocked',
    `batch ${batchId} brings a list to ${destination} already: follow it with piecework status ${batchId} --watch, or cancel it first`,
    { details: { batchId } },
  );
}
