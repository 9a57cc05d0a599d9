import type { Counters } from '../../../lib/index.ts';
import { total as totalOf } from '../../../lib/transfer/batch/outcome.ts';
import { printable } from '../../../lib/values/text/printable.ts';
import { formatBytes, formatDuration } from '../../../lib/values/units.ts';
import { count } from '../text.ts';

/** How far a batch is. */
export interface BatchProgress {
  readonly total: number;
  /** Outcomes of an earlier run, which say nothing of the speed of this one. */
  readonly known: number;
  /** Bytes of this run. */
  readonly counters: Counters;
  /** Of large entries that are under way. */
  readonly movingBytes: number;
  readonly elapsedMs: number;
}

/** Of this machine or of a deployment. */
export interface ShownFailure {
  readonly entry: number;
  readonly name: string;
  readonly error?: { readonly message: string } | undefined;
}

/** What one entry failed with. */
export function failureLine({ entry, name, error }: ShownFailure): string {
  return printable(`entry ${entry}${name === '' ? '' : ` ${name}`}: ${error?.message ?? 'failed'}`);
}

interface Part {
  readonly text: string;
  /** The highest goes first when the line gets too long. */
  readonly dispensable: number;
}

/** The line with the totals. Never longer than `columns`: a line that wraps can't be drawn over. */
export function totalLine(progress: BatchProgress, columns = Number.POSITIVE_INFINITY): string {
  let parts = partsOf(progress);
  const textOf = () => parts.map(({ text }) => text).join(', ');
  while (parts.length > 1 && textOf().length > columns) {
    const worst = Math.max(...parts.map(({ dispensable }) => dispensable));
    parts = parts.filter(({ dispensable }) => dispensable !== worst);
  }
  return textOf().slice(0, columns);
}

function partsOf({ total, known, counters, movingBytes, elapsedMs }: BatchProgress): readonly Part[] {
  const over = totalOf(counters);
  const seconds = Math.max(elapsedMs, 1) / 1000;
  const perSecond = (over - known) / seconds;
  const leftMs = perSecond > 0 && over < total ? ((total - over) / perSecond) * 1000 : undefined;
  const bytes = counters.bytes + movingBytes;
  return [
    { text: `${over} of ${count(total, 'entry', 'entries')}`, dispensable: 0 },
    { text: counters.failed === 0 ? '' : `${counters.failed} failed`, dispensable: 1 },
    { text: formatBytes(bytes), dispensable: 2 },
    { text: `${perSecond.toFixed(1)} entries/s`, dispensable: 5 },
    { text: `${formatBytes(bytes / seconds)}/s`, dispensable: 4 },
    // Milliseconds would change too fast to be read.
    { text: leftMs === undefined ? '' : `${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`, dispensable: 3 },
  ].filter(({ text }) => text !== '');
}

/** One that is under way: its name, cut at its front, where names of one folder are alike, and how far it is. */
export function runningLine(name: string, howFar: string, columns: number): string {
  const room = Math.max(8, columns - howFar.length - 4);
  const clean = printable(name);
  const shown = clean.length <= room ? clean : `…${clean.slice(1 - room)}`;
  return `  ${shown}  ${howFar}`.slice(0, columns);
}
