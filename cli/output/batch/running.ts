import type { BatchEvent, PieceworkEvent } from '../../../lib/index.ts';
import { bytesIn, bytesPerSecond } from '../../../lib/transfer/progress/progress.ts';
import { formatBytes, formatDuration } from '../../../lib/values/units.ts';
import { percentOf } from '../reporters/progress-line.ts';
import { Tracker } from '../reporters/tracker.ts';
import { runningLine } from './lines.ts';

/** A small one that takes no longer than this is not worth a line. */
const SHORT_MS = 2_000;

interface Small {
  readonly name: string;
  readonly startedAt: number;
}

/** What a batch is at work on: large entries, which are transfers, and small ones that take long. */
export class Running {
  readonly #now: () => number;
  readonly #large = new Map<string, { readonly name: string; readonly tracker: Tracker }>();
  /** In the order in which they were begun. */
  readonly #small = new Map<number, Small>();

  constructor(now: () => number) {
    this.#now = now;
  }

  batchEvent(event: BatchEvent): void {
    if (event.type === 'batch.started') {
      if (!this.#small.has(event.entry)) this.#small.set(event.entry, { name: event.name, startedAt: this.#now() });
    }
    if (event.type === 'batch.outcome') this.#small.delete(event.outcome.entry);
  }

  event(event: PieceworkEvent): void {
    if (!('transferId' in event)) return;
    const { transferId, type } = event;
    if (type === 'completed' || type === 'failed' || type === 'cancelled' || type === 'superseded') {
      this.#large.delete(transferId);
      return;
    }
    const known = this.#large.get(transferId);
    const name = known?.name ?? (type === 'accepted' ? this.#nameOf(event.destination) : transferId);
    const one = known ?? { name, tracker: new Tracker(this.#now) };
    if (known === undefined) this.#large.set(transferId, one);
    one.tracker.event(event);
  }

  /** A small one that turned out to be large: it is called as in the list. */
  #nameOf(destination: string): string {
    for (const [entry, { name }] of this.#small) {
      if (!destination.endsWith(name)) continue;
      this.#small.delete(entry);
      return name;
    }
    return destination;
  }

  /** Of large ones, so far. */
  get bytes(): number {
    let sum = 0;
    for (const { tracker } of this.#large.values()) sum += bytesIn(tracker.look().progress);
    return sum;
  }

  /** Large ones first, then those that have taken longest. */
  lines(most: number, columns: number): readonly string[] {
    const now = this.#now();
    const lines: string[] = [];
    for (const { name, tracker } of this.#large.values()) {
      if (lines.length === most) return lines;
      const { progress } = tracker.look();
      const percent = percentOf(progress);
      const far = percent === undefined ? formatBytes(bytesIn(progress)) : `${percent}%`;
      lines.push(runningLine(name, `${far}, ${formatBytes(bytesPerSecond(progress, now))}/s`, columns));
    }
    for (const { name, startedAt } of this.#small.values()) {
      if (lines.length === most || now - startedAt < SHORT_MS) return lines;
      lines.push(runningLine(name, formatDuration(Math.floor((now - startedAt) / 1000) * 1000), columns));
    }
    return lines;
  }
}
