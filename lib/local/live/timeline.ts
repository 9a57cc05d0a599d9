import type { TimelineEntry } from '../../api/live.ts';
import { MOST_ENTRIES } from '../../api/live.ts';
import { ERROR_CODES } from '../../errors/codes.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import type { PieceworkEvent } from '../../transfer/progress/events.ts';
import { formatBytes, formatDuration } from '../../values/units.ts';

type Happened = Omit<TimelineEntry, 'at' | 'count'>;

/** What happened to one transfer, the oldest first: the last 200, and what repeats itself is one entry. */
export class Timeline {
  readonly #entries: TimelineEntry[] = [];
  #hasStarted = false;

  get entries(): readonly TimelineEntry[] {
    return this.#entries;
  }

  hear(event: PieceworkEvent, at: string): void {
    if (event.type === 'piece.started') {
      if (!this.#hasStarted) this.add({ kind: 'started', text: 'the first piece is asked for' }, at);
      this.#hasStarted = true;
      return;
    }
    const happened = happenedIn(event);
    if (happened !== undefined) this.add(happened, at);
  }

  add(happened: Happened, at: string): void {
    const last = this.#entries.at(-1);
    const isAgain = last !== undefined && last.kind === happened.kind && last.code === happened.code;
    // Also an event that was sent twice.
    if (isAgain && happened.code === undefined && last.text === happened.text) return;
    if (isAgain && happened.code !== undefined) {
      this.#entries[this.#entries.length - 1] = { ...happened, at, count: (last.count ?? 1) + 1 };
      return;
    }
    this.#entries.push({ ...happened, at });
    if (this.#entries.length > MOST_ENTRIES) this.#entries.shift();
  }
}

function happenedIn(event: PieceworkEvent): Happened | undefined {
  switch (event.type) {
    case 'accepted':
      return { kind: 'submitted', text: 'submitted' };
    case 'planned':
      return { kind: 'planned', text: planText(event.plan, event.doneThrough + event.done.length) };
    case 'resuming':
      return { kind: 'resumed', text: `goes on: ${event.doneCount} of ${event.pieceCount} pieces are there` };
    case 'retried':
      return { kind: 'retried', text: `run ${event.run} begins` };
    case 'retrying':
      return { kind: 'waiting', text: `${event.reason.message}${again(event.delayMs)}`, code: event.reason.code };
    case 'restarted':
      return { kind: 'restarted', text: event.reason.message, code: event.reason.code };
    case 'left':
      return { kind: 'left', text: `${event.what} was left: ${event.reason.message}`, code: event.reason.code };
    case 'piece.requeued': {
      const { error, pieceNumber, delayMs } = event;
      const kind = ERROR_CODES[error.code].reaction === 'wait' ? 'patience' : 'retried';
      return { kind, text: `${error.message}${again(delayMs)}`, code: error.code, pieceNumber };
    }
    case 'piece.continued': {
      const { error, pieceNumber } = event;
      const text = `goes on where it broke: ${error.message}`;
      return { kind: 'continued', text, code: error.code, ...(pieceNumber === undefined ? {} : { pieceNumber }) };
    }
    case 'piece.rescued': {
      const { pieceNumber, restBytes, afterMs } = event;
      const text = `slower than the others for ${formatDuration(afterMs)}: the last ${formatBytes(restBytes)} are asked for once more`;
      return { kind: 'rescued', text, pieceNumber };
    }
    case 'finalizing':
      return { kind: 'finalizing', text: 'all pieces are there; they are proved and put together' };
    case 'completed':
      return { kind: 'completed', text: `completed: ${formatBytes(event.result.sizeBytes)}` };
    case 'failed':
    case 'cancelled':
      return { kind: event.type, text: event.reason.message, code: event.reason.code };
    default:
      return undefined;
  }
}

function again(delayMs: number): string {
  return delayMs > 0 ? `; again in ${formatDuration(delayMs)}` : '; again at once';
}

function planText(plan: Plan, done: number): string {
  const size = plan.sizeBytes === undefined ? 'size unknown' : formatBytes(plan.sizeBytes);
  if (plan.mode === 'single') return `planned: ${size}, in one put`;
  if (plan.mode === 'stream') return `planned: ${size}, on one connection`;
  const there = done > 0 ? `; ${done} are there already` : '';
  return `planned: ${size} in ${plan.pieceCount} pieces of ${formatBytes(plan.pieceSizeBytes)}${there}`;
}
