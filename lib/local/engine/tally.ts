import type { Events } from '../../events/events.ts';

/** What a run has brought so far, counted from its events. */
export interface Tally {
  readonly fetchedBytes: number;
  /** Pieces that an earlier run had brought already. */
  readonly resumedPieces: number;
}

/** The same events, counted on their way. */
export function tallied(events: Events): { readonly events: Events; readonly tally: Tally } {
  const tally = { fetchedBytes: 0, resumedPieces: 0 };
  return {
    tally,
    events: {
      emit(event) {
        if (event.type === 'piece.done') tally.fetchedBytes += event.serverSideCopy === true ? 0 : event.bytes;
        else if (event.type === 'resuming') tally.resumedPieces = event.doneCount;
        return events.emit(event);
      },
    },
  };
}
