import type { ApiClient } from '../../../lib/api/client/client.ts';
import type { PiecesEvent } from '../../../lib/api/schemas/events.ts';
import type { Transfer } from '../../../lib/api/schemas/transfer.ts';
import { fromErrorRecord, PieceworkError } from '../../../lib/errors/error.ts';
import type { CopyReport, Local } from '../../../lib/index.ts';
import { isServerSideCopy } from '../../../lib/transfer/plan/plan.ts';
import type { PieceworkEvent } from '../../../lib/transfer/progress/events.ts';
import { stated } from '../../../lib/values/stated.ts';
import { fromIso } from '../../../lib/values/time.ts';
import type { VerbCall } from '../../verb.ts';
import { hasEnded } from '../watch/watching.ts';
import { LiveEvents } from './live-events.ts';

/** At the longest from one answer to the next. */
const LOOK_SECONDS = 20;

/** What is followed, and where it is shown. */
export interface Following {
  readonly client: ApiClient;
  /** Of the same state folder. */
  readonly local: Local;
  readonly onEvent: (event: PieceworkEvent) => void;
}

/**
 * Follows a transfer of the server to its end, with the events that it would have here.
 * @param startedAt what was there before counts as there
 * @throws PieceworkError why it failed or was cancelled; `Interrupted` when the caller stops: it goes on.
 */
export async function followThere(
  { context }: VerbCall,
  { client, local, onEvent }: Following,
  transferId: string,
  startedAt: number,
): Promise<CopyReport> {
  const { signal, now } = context;
  const leaving = new AbortController();
  const stop = AbortSignal.any([signal, leaving.signal]);
  const live = new LiveEvents(transferId, now, onEvent);
  let resumedPieces = 0;
  let resumedBytes = 0;

  async function hear(transfer: Transfer): Promise<void> {
    if (transfer.plan !== undefined && live.needsPlan) {
      const status = await local.status(transferId, stop);
      const isFresh = fromIso(status.record.createdAt) >= startedAt;
      resumedPieces = isFresh ? 0 : (status.pieces?.doneCount ?? 0);
      resumedBytes = isFresh ? 0 : (status.pieces?.doneBytes ?? 0);
      live.planned(status, isFresh);
    }
    live.transfer(transfer);
  }

  /** What is missed here is only not shown: the end comes by other questions. */
  async function showLive(): Promise<void> {
    for await (const { type, data } of client.events({ transferId, signal: stop })) {
      const { id } = data as { readonly id?: string };
      if (id !== transferId) continue;
      if (type === 'transfer') await hear(data as Transfer);
      if (type === 'pieces') live.pieces(data as PiecesEvent);
    }
  }

  const showing = showLive().catch(() => {});
  try {
    for (let waitSeconds = 0; ; waitSeconds = LOOK_SECONDS) {
      const transfer = await client.get(transferId, { waitSeconds, signal });
      if (hasEnded(transfer)) break;
      await hear(transfer);
    }
  } catch (error) {
    throw whyLeft(error, 'transfer', transferId);
  } finally {
    leaving.abort();
    await showing;
  }
  const { record } = await local.status(transferId, signal);
  const { status, run, reason, heldUntil, plan, snapshot, result } = record;
  if (status !== 'completed' || result === undefined) {
    const why = reason ?? { code: 'Internal', message: `transfer ${transferId} is ${status} without a reason` };
    if (status === 'failed') onEvent({ type: 'failed', transferId, run, reason: why, ...stated({ heldUntil }) });
    throw fromErrorRecord(why);
  }
  onEvent({ type: 'completed', transferId, run, result });
  const isHere = result.unchanged !== true && !isServerSideCopy(plan);
  return {
    transferId,
    destination: record.request.destination,
    result,
    elapsedMs: now() - startedAt,
    fetchedBytes: isHere ? Math.max(0, result.sizeBytes - resumedBytes) : 0,
    resumedPieces,
    ...stated({ plan, snapshot }),
  };
}

/** Why it is not followed any more; it goes on. */
export function whyLeft(error: unknown, what: 'transfer' | 'batch', id: string): unknown {
  if (!(error instanceof PieceworkError)) return error;
  if (error.code === 'Interrupted')
    return new PieceworkError(
      'Interrupted',
      `interrupted; ${what} ${id} goes on in the server: piecework status ${id} --watch follows it, piecework cancel ${id} ends it`,
      { cause: error },
    );
  if (error.code === 'ApiUnreachable')
    return new PieceworkError(
      'ApiUnreachable',
      `the server does not answer any more; ${what} ${id} goes on when it is started again: piecework status ${id}`,
      { cause: error },
    );
  return error;
}
