import type { ApiClient } from '../../../lib/api/client/client.ts';
import type { BatchDetail } from '../../../lib/api/schemas/batches/answers.ts';
import type { SubmitBatchRequest } from '../../../lib/api/schemas/batches/request.ts';
import { fromErrorRecord, PieceworkError, toErrorRecord } from '../../../lib/errors/error.ts';
import type { BatchEvent, BatchReport } from '../../../lib/index.ts';
import type { Outcome } from '../../../lib/transfer/batch/outcome.ts';
import { stated } from '../../../lib/values/stated.ts';
import type { BatchReporter } from '../../output/batch/reporter.ts';
import { writeLine } from '../../output/lines.ts';
import type { VerbCall } from '../../verb.ts';
import { hasEnded } from '../watch/watching.ts';
import { notGiven } from './copy-there.ts';
import { whyLeft } from './follow-there.ts';

const LOOK_SECONDS = 1;
const MOST_ON_PAGE = 1000;

/** What is followed, and where it is shown. */
export interface FollowingBatch {
  readonly client: ApiClient;
  readonly reporter: BatchReporter;
  readonly onEvent: (event: BatchEvent) => void;
}

/** Has the server of this machine bring a list, and follows it. */
export async function batchThere(
  call: VerbCall,
  following: FollowingBatch,
  request: SubmitBatchRequest,
): Promise<BatchReport> {
  return await followBatchThere(call, following, await submit(call, following, request));
}

/** The same list to the same place is followed where the server brings it already. */
async function submit(
  { context, settings }: VerbCall,
  { client }: FollowingBatch,
  request: SubmitBatchRequest,
): Promise<string> {
  const { signal } = context;
  try {
    return (await client.submitBatch(request, { signal })).id;
  } catch (error) {
    const url = request.list?.url;
    if (!(error instanceof PieceworkError) || error.code !== 'DestinationLocked' || url === undefined) throw error;
    const { batches } = await client.listBatches({ limit: 100, signal });
    const same = batches.find(
      ({ list, destination, status }) =>
        list.from === url && destination === request.destination && (status === 'running' || status === 'accepted'),
    );
    if (same === undefined) throw error;
    if (settings.quiet !== true)
      writeLine(context.stderr, `batch ${same.id} brings that already: it is followed${notGiven(request)}`);
    return same.id;
  }
}

/**
 * Follows a batch of the server to its end: its totals as it goes, what failed as it comes, all outcomes at its end.
 * @throws PieceworkError `Interrupted` when the caller stops: it goes on.
 */
export async function followBatchThere(
  { context }: VerbCall,
  { client, reporter, onEvent }: FollowingBatch,
  batchId: string,
): Promise<BatchReport> {
  const { signal, now } = context;
  const startedAt = now();
  const said = new Set<number>();
  let isListed = false;
  let failed = 0;

  async function report(kind?: 'failed'): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await client.outcomes(batchId, { limit: MOST_ON_PAGE, signal, ...stated({ kind, cursor }) });
      for (const outcome of page.outcomes) {
        if (said.has(outcome.entry)) continue;
        said.add(outcome.entry);
        // As the API shows it, which is how it was given to it.
        onEvent({ type: 'batch.outcome', outcome: outcome as Outcome, isKnown: false });
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  async function look(seconds: number): Promise<BatchDetail> {
    const batch = await client.getBatch(batchId, { waitSeconds: seconds, signal });
    const { list, counters, run } = batch;
    if (!isListed && list.entries !== undefined) {
      isListed = true;
      const { entries, format = 'entries', notes = [] } = list;
      const how = { format, because: 'the server read it so', goesOn: run > 1, notes };
      onEvent({ type: 'batch.listed', batchId, entries, ...how });
    }
    reporter.counted(counters);
    if (counters.failed > failed) await report('failed');
    failed = counters.failed;
    return batch;
  }

  try {
    for (let seconds = 0; ; seconds = LOOK_SECONDS) {
      const batch = await look(seconds);
      if (!hasEnded(batch)) continue;
      await report();
      return reportOf(batch, now() - startedAt);
    }
  } catch (error) {
    throw whyLeft(error, 'batch', batchId);
  }
}

function reportOf(
  { id, status, list, counters, failures, report, reason }: BatchDetail,
  elapsedMs: number,
): BatchReport {
  return {
    batchId: id,
    status,
    entries: list.entries ?? 0,
    counters,
    failures: failures as BatchReport['failures'],
    elapsedMs,
    ...stated({ report, reason: reason === undefined ? undefined : toErrorRecord(fromErrorRecord(stated(reason))) }),
  };
}
