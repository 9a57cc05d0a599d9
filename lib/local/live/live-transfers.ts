import type { Live, TimelineEntry } from '../../api/live.ts';
import type { PieceworkEvent } from '../../transfer/progress/events.ts';
import type { Clock } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import type { AtWork } from '../engine/watch/at-work.ts';
import { PiecesNow } from './live-transfer.ts';
import { Timeline } from './timeline.ts';

/** Transfers that are remembered; those that were not heard of for longest are forgotten first. */
const MOST_REMEMBERED = 1_000;

/** What is known of the transfers of this process, and what happened to them since it began to listen. */
export interface LiveTransfers extends Live {
  /** A subscriber to the events of the home. */
  hear(event: PieceworkEvent): void;
  /** Of all that run now. */
  readonly piecesInFlight: number;
  /** Something that no event says. */
  note(transferId: string, happened: Pick<TimelineEntry, 'kind' | 'text'>): void;
}

interface Known {
  readonly pieces: PiecesNow;
  readonly timeline: Timeline;
}

export function liveTransfers(
  clock: Pick<Clock, 'now'>,
  atWork: AtWork,
  mostRemembered = MOST_REMEMBERED,
): LiveTransfers {
  const all = new Map<string, Known>();

  function knownOf(transferId: string): Known {
    const known = all.get(transferId) ?? { pieces: new PiecesNow(), timeline: new Timeline() };
    // The one that was heard of last stands last.
    all.delete(transferId);
    all.set(transferId, known);
    if (all.size > mostRemembered) forgetOne();
    return known;
  }

  function forgetOne(): void {
    for (const transferId of all.keys()) {
      if (atWork.connectionsOf(transferId) !== undefined) continue;
      all.delete(transferId);
      return;
    }
  }

  return {
    hear(event) {
      if (!('transferId' in event)) return;
      const now = clock.now();
      // Many a second, and nothing of it is remembered.
      if (event.type === 'piece.progress') {
        all.get(event.transferId)?.pieces.hear(event, now);
        return;
      }
      const { pieces, timeline } = knownOf(event.transferId);
      pieces.hear(event, now);
      timeline.hear(event, toIso(now));
    },
    get piecesInFlight() {
      const running = [...all].filter(([transferId]) => atWork.connectionsOf(transferId) !== undefined);
      return running.reduce((sum, [, { pieces }]) => sum + pieces.inFlightCount, 0);
    },
    note(transferId, happened) {
      knownOf(transferId).timeline.add(happened, toIso(clock.now()));
    },
    of(transferId) {
      const connections = atWork.connectionsOf(transferId);
      return connections === undefined ? undefined : all.get(transferId)?.pieces.view(connections, clock.now());
    },
    timelineOf: (transferId) => all.get(transferId)?.timeline.entries ?? [],
  };
}
