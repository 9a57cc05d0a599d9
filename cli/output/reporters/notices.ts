import type { ErrorRecord } from '../../../lib/errors/error.ts';
import type { PieceworkEvent } from '../../../lib/transfer/progress/events.ts';
import { formatBytes, formatDuration } from '../../../lib/values/units.ts';
import { describePlan, whyStream } from '../describe.ts';

/** A wait so long that it needs a word of explanation. */
const LONG_WAIT_MS = 2_000;

/**
 * What is said of an event on stderr, besides the progress. With state: nothing is said
 * twice, and no storm of waits is.
 */
export function noticer(isVerbose: boolean, now: () => number): (event: PieceworkEvent) => readonly string[] {
  const said = new Set<string>();
  const silentUntil = new Map<string, number>();

  function once(text: string): readonly string[] {
    if (said.has(text)) return [];
    said.add(text);
    return [text];
  }

  function wait(what: string, { code, message }: ErrorRecord, delayMs: number): readonly string[] {
    const line = [`${what} in ${formatDuration(delayMs)}: ${message}`];
    if (isVerbose) return line;
    // Many pieces that wait for the same reason are one thing to say.
    if (delayMs <= LONG_WAIT_MS || now() < (silentUntil.get(code) ?? 0)) return [];
    silentUntil.set(code, now() + delayMs);
    return line;
  }

  return (event) => {
    switch (event.type) {
      case 'accepted':
        return isVerbose ? once(`transfer ${event.transferId}: ${event.source} to ${event.destination}`) : [];
      case 'planned': {
        const { plan, snapshot } = event;
        const why = whyStream(plan, snapshot);
        return [
          ...snapshot.warnings.flatMap((warning) => once(`warning: ${warning}`)),
          ...(why === undefined ? [] : once(why)),
          ...(isVerbose ? once(describePlan(plan)) : []),
        ];
      }
      case 'resuming': {
        const { transferId, doneCount, pieceCount } = event;
        return once(
          pieceCount === 0
            ? `resuming ${transferId}: no piece is present yet`
            : `resuming ${transferId}: ${doneCount} of ${pieceCount} pieces present`,
        );
      }
      case 'superseded':
        return once(`starting over: ${event.because}`);
      case 'restarted':
        return once(`starting over: ${event.reason.message}`);
      case 'probe.retrying':
        return wait('asking the source again', event.reason, event.delayMs);
      case 'retrying':
        return wait('trying again', event.reason, event.delayMs);
      case 'piece.requeued':
        return wait(`piece ${event.pieceNumber} again`, event.error, event.delayMs);
      case 'piece.rescued':
        return isVerbose ? [rescued(event)] : [];
      case 'piece.continued':
        return isVerbose ? [continued(event)] : [];
      case 'warning':
        return once(`warning: ${event.message}`);
      default:
        return [];
    }
  };
}

type EventOf<T extends PieceworkEvent['type']> = Extract<PieceworkEvent, { readonly type: T }>;

function rescued({ pieceNumber, afterMs }: EventOf<'piece.rescued'>): string {
  return `piece ${pieceNumber} is slow after ${formatDuration(afterMs)}: asked once more on another connection`;
}

function continued({ pieceNumber, restBytes, error }: EventOf<'piece.continued'>): string {
  const what = pieceNumber === undefined ? 'the body' : `piece ${pieceNumber}`;
  return `${what} goes on, ${formatBytes(restBytes)} are left: ${error.message}`;
}
