import type { AnsweredRequest } from '../../api/trail.ts';
import type { PieceEvent, PieceworkEvent } from '../../transfer/progress/events.ts';
import { BytesCame, isOfPiece } from '../live/came.ts';

type Ended = Extract<PieceworkEvent, { readonly run: number }>;

/** Ends that are remembered: one may be announced more than once. */
const MOST_ENDS = 10_000;

/** What has happened since the start, as it happens. No count is by what a caller or a source chose to write. */
export class Counts {
  accepted = 0;
  receivedBytes = 0;
  piecesBegun = 0;
  piecesDone = 0;
  piecesRescued = 0;
  piecesContinued = 0;
  readonly ended = { completed: 0, failed: 0, cancelled: 0 };
  readonly batchesEnded = { completed: 0, failed: 0, cancelled: 0 };
  /** By code. */
  readonly transferFailures = new Map<string, number>();
  readonly pieceFailures = new Map<string, number>();
  /** By method, route and status, with a space between them. */
  readonly requests = new Map<string, number>();
  readonly #came = new BytesCame();
  readonly #ends = new Set<string>();

  /** A subscriber to the events of the home. */
  hear(event: PieceworkEvent): void {
    if (isOfPiece(event)) this.#hearPiece(event);
    if (event.type === 'accepted') this.accepted += 1;
    const [, kind, status] = /^(batch\.)?(completed|failed|cancelled)$/.exec(event.type) ?? [];
    if (status === undefined || !('run' in event) || this.#isKnownEnd(event)) return;
    const ended = kind === undefined ? this.ended : this.batchesEnded;
    ended[status as keyof typeof ended] += 1;
    if (event.type === 'failed') countUp(this.transferFailures, event.reason.code);
  }

  #isKnownEnd(event: Ended): boolean {
    const end = `${'batchId' in event ? event.batchId : event.transferId}/${event.run}`;
    if (this.#ends.has(end)) return true;
    if (this.#ends.size >= MOST_ENDS) this.#ends.clear();
    this.#ends.add(end);
    return false;
  }

  answered({ method, route, status }: Pick<AnsweredRequest, 'method' | 'route' | 'status'>): void {
    countUp(this.requests, `${method} ${route} ${status}`);
  }

  #hearPiece(event: PieceEvent): void {
    this.receivedBytes += this.#came.hear(event);
    if (event.type === 'piece.started') this.piecesBegun += 1;
    else if (event.type === 'piece.done') this.piecesDone += 1;
    else if (event.type === 'piece.rescued') this.piecesRescued += 1;
    else if (event.type === 'piece.continued') this.piecesContinued += 1;
    else if (event.type === 'piece.failed') countUp(this.pieceFailures, event.error.code);
  }
}

function countUp(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
