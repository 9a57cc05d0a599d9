import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import { toIso } from '../../lib/values/time.ts';
import { formatBytes, formatDuration } from '../../lib/values/units.ts';
import type { Context } from '../context.ts';
import type { Settings } from '../options/table.ts';
import { outcomeKinds } from './batch/summary.ts';
import { writeLine } from './lines.ts';
import { writeJson } from './reporters/json-reporter.ts';

/**
 * What a server says of its transfers: a line for each step of each, on stderr, or JSON lines on stdout. Pieces come
 * with --verbose only.
 */
export function serverLog(
  { stdout, stderr, now }: Pick<Context, 'stdout' | 'stderr' | 'now'>,
  { json = false, quiet = false, verbose = false }: Pick<Settings, 'json' | 'quiet' | 'verbose'>,
): (event: PieceworkEvent) => void {
  return (event) => {
    if (event.type === 'piece.progress' || (event.type.startsWith('piece.') && !verbose)) return;
    const at = toIso(now());
    const { type, ...rest } = event;
    if (json) return writeJson(stdout, { type, at, ...rest });
    const text = quiet ? undefined : sentence(event);
    if (text !== undefined) writeLine(stderr, `${at} ${text}`);
  };
}

function sentence(event: PieceworkEvent): string | undefined {
  switch (event.type) {
    case 'accepted':
      return `${event.transferId} accepted: ${event.source} to ${event.destination}`;
    case 'retried':
      return `${event.transferId} runs again: ${event.source}`;
    case 'resuming':
      return `${event.transferId} goes on with ${event.doneCount} of ${event.pieceCount} pieces done`;
    case 'restarted':
      return `${event.transferId} begins anew: ${event.reason.message}`;
    case 'retrying':
      return `${event.transferId} waits ${formatDuration(event.delayMs)}: ${event.reason.message}`;
    case 'superseded':
      return `${event.transferId} given up: ${event.because}`;
    case 'completed':
      return event.result.unchanged === true
        ? `${event.transferId} completed: it was there already`
        : `${event.transferId} completed: ${formatBytes(event.result.sizeBytes)}`;
    case 'failed':
      return `${event.transferId} failed (${event.reason.code}): ${event.reason.message}`;
    case 'cancelled':
      return `${event.transferId} cancelled`;
    case 'left':
      return `${event.transferId} left ${event.what} at ${event.target}: ${event.reason.message}`;
    case 'batch.accepted':
      return `batch ${event.batchId} accepted${event.run > 1 ? ` (run ${event.run})` : ''}: ${event.list} to ${event.destination}`;
    case 'batch.completed':
    case 'batch.failed':
    case 'batch.cancelled':
      return `batch ${event.batchId} ${event.type.slice('batch.'.length)}: ${outcomeKinds(event.entries, event.counters)}${event.reason === undefined ? '' : ` (${event.reason.code}: ${event.reason.message})`}`;
    case 'warning':
      return `warning: ${event.message}`;
    case 'piece.failed':
      return `${event.transferId} piece ${event.pieceNumber}, attempt ${event.attempt}: ${event.error.message}`;
    default:
      return undefined;
  }
}
