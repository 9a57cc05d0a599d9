import type { ApiClient } from '../../lib/api/client/client.ts';
import type { Transfer, TransferDetail } from '../../lib/api/schemas/transfer.ts';
import { fromErrorRecord, PieceworkError } from '../../lib/errors/error.ts';
import { stated } from '../../lib/values/stated.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { toIso } from '../../lib/values/time.ts';
import { writeLine } from '../output/lines.ts';
import { isTerminal } from '../output/paint.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { LiveArea } from '../output/reporters/live-area.ts';
import { waitingText } from '../output/waiting.ts';
import type { VerbCall } from '../verb.ts';
import { destinationText, progressText } from './show.ts';

/** New pieces are seen after this at the latest. */
const LOOK_SECONDS = 2;

/**
 * Follows a deployment's transfer until it has ended, and ends as it did.
 * @throws PieceworkError why it failed or was cancelled; `Interrupted` when the caller stops
 * watching: the transfer goes on.
 */
export async function watch(call: VerbCall, client: ApiClient, transferId: string): Promise<TransferDetail> {
  using reporter = watchReporter(call);
  let transfer = await look(call, client, transferId, 0);
  reporter.show(transfer);
  while (!isOver(transfer)) {
    transfer = await look(call, client, transferId, LOOK_SECONDS);
    reporter.show(transfer);
  }
  if (transfer.status !== 'completed') throw endOf(transfer);
  return transfer;
}

async function look(
  call: VerbCall,
  client: ApiClient,
  transferId: string,
  waitSeconds: number,
): Promise<TransferDetail> {
  try {
    return await client.get(transferId, { waitSeconds, signal: call.context.signal });
  } catch (error) {
    if (!(error instanceof PieceworkError) || error.code !== 'Interrupted') throw error;
    throw new PieceworkError(
      'Interrupted',
      `interrupted; the transfer goes on without you: piecework status ${transferId} --watch`,
      { cause: error },
    );
  }
}

function isOver({ status }: Transfer): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

function endOf({ id, status, reason }: Transfer): PieceworkError {
  if (reason === undefined) return new PieceworkError('Internal', `transfer ${id} is ${status} without a reason`);
  const { code, message, details } = reason;
  return fromErrorRecord({ code, message, ...(details === undefined ? {} : { details }) });
}

interface WatchReporter extends Disposable {
  show(transfer: TransferDetail): void;
}

/** JSON lines; a line that is drawn over; or, off a terminal, a line where something has changed. */
function watchReporter({ context, settings }: VerbCall): WatchReporter {
  const { stdout, stderr, environment, now } = context;
  if (settings.json === true) {
    return {
      show: ({ id, status, waiting, progress }) =>
        writeJson(stdout, {
          type: 'progress',
          at: toIso(now()),
          transferId: id,
          status,
          ...progress,
          ...stated({ waiting }),
        }),
      [Symbol.dispose]: () => undefined,
    };
  }
  if (settings.quiet === true) return { show: () => undefined, [Symbol.dispose]: () => undefined };
  if (isTerminal(stderr, environment)) {
    const area = new LiveArea(stderr);
    return {
      show: (transfer) => area.draw([lineOf(transfer, now()).slice(0, Math.max(10, (stderr.columns ?? 80) - 3))]),
      [Symbol.dispose]: () => area.clear(),
    };
  }
  let last = '';
  return {
    show(transfer) {
      const { status, progress, waiting } = transfer;
      const step = `${status} ${Math.floor((progress.percent ?? 0) / 10)} ${waiting?.tries ?? 0}`;
      if (step !== last) writeLine(stderr, lineOf(transfer, now()));
      last = step;
    },
    [Symbol.dispose]: () => undefined,
  };
}

function lineOf(transfer: TransferDetail, now: number): string {
  const { waiting } = transfer;
  const progress = waiting === undefined ? progressText(transfer) : waitingText(waiting, now);
  return printable(
    `${transfer.status}${progress === undefined ? '' : `: ${progress}`}, to ${destinationText(transfer.destination)}`,
  );
}
