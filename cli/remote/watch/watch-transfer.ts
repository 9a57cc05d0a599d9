import type { ApiClient } from '../../../lib/api/client/client.ts';
import type { Transfer, TransferDetail } from '../../../lib/api/schemas/transfer.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import { stated } from '../../../lib/values/stated.ts';
import { toIso } from '../../../lib/values/time.ts';
import { waitingText } from '../../output/waiting.ts';
import type { VerbCall } from '../../verb.ts';
import { destinationText, progressText } from '../show.ts';
import { errorOf, whileWatched } from './watching.ts';

/**
 * Follows a deployment's transfer until it has ended, and ends as it did.
 * @throws PieceworkError why it failed or was cancelled; `Interrupted` when the caller stops
 * watching: the transfer goes on.
 */
export async function watchTransfer(call: VerbCall, client: ApiClient, id: string): Promise<TransferDetail> {
  const { now } = call.context;
  const transfer = await whileWatched<TransferDetail>(call, {
    kind: 'transfer',
    id,
    look: (options) => client.get(id, options),
    json: ({ id: transferId, status, waiting, progress }) => ({
      type: 'progress',
      at: toIso(now()),
      transferId,
      status,
      ...progress,
      ...stated({ waiting }),
    }),
    line: (seen) => lineOf(seen, now()),
    step: ({ status, progress, waiting }) =>
      `${status} ${Math.floor((progress.percent ?? 0) / 10)} ${waiting?.tries ?? 0}`,
  });
  if (transfer.status !== 'completed') throw endOf(transfer);
  return transfer;
}

function endOf({ id, status, reason }: Transfer): PieceworkError {
  if (reason === undefined) return new PieceworkError('Internal', `transfer ${id} is ${status} without a reason`);
  return errorOf(reason);
}

function lineOf(transfer: TransferDetail, now: number): string {
  const { waiting } = transfer;
  const progress = waiting === undefined ? progressText(transfer) : waitingText(waiting, now);
  return `${transfer.status}${progress === undefined ? '' : `: ${progress}`}, to ${destinationText(transfer.destination)}`;
}
