import { pieceCountOf } from '../../../lib/transfer/plan/plan.ts';
import type { Progress } from '../../../lib/transfer/progress/progress.ts';
import { bytesIn, bytesPerSecond, pieceBytesPerSecond, remainingMs } from '../../../lib/transfer/progress/progress.ts';
import { formatBytes, formatDuration } from '../../../lib/values/units.ts';
import { count } from '../text.ts';
import type { Tracked } from './tracker.ts';

/** Whole percent, and 100 only when everything is there; `undefined` while the size is unknown. */
export function percentOf(progress: Progress): number | undefined {
  const size = progress.plan?.sizeBytes;
  if (size === undefined) return undefined;
  const bytes = bytesIn(progress);
  return bytes >= size ? 100 : Math.min(99, Math.floor((bytes * 100) / size));
}

interface Part {
  readonly text: string;
  /** The highest goes first when the line gets too long. */
  readonly dispensable: number;
}

export interface LineStyle {
  readonly columns: number;
  readonly full: string;
  readonly empty: string;
}

/** The one line of a terminal. Never longer than `columns`: a line that wraps can't be drawn over. */
export function progressLine({ phase, progress }: Tracked, now: number, style: LineStyle): string {
  if (phase === 'asking') return 'asking the source'.slice(0, style.columns);
  if (phase === 'finishing') return 'checking, and moving into place'.slice(0, style.columns);
  const percent = percentOf(progress);
  let parts = partsOf(progress, now);
  const head = percent === undefined ? '' : `${percent}%`.padStart(4);
  const lengthOf = (some: readonly Part[]) => some.reduce((sum, { text }) => sum + text.length + 2, head.length);
  while (parts.length > 1 && lengthOf(parts) > style.columns) {
    const worst = Math.max(...parts.map(({ dispensable }) => dispensable));
    parts = parts.filter(({ dispensable }) => dispensable !== worst);
  }
  const texts = parts.map(({ text }) => text);
  const room = Math.min(40, style.columns - lengthOf(parts) - 2);
  const hasBar = percent !== undefined && room >= 8;
  const line = [head, ...(hasBar ? [bar(percent, room, style)] : []), ...texts].filter((text) => text !== '');
  return line.join('  ').slice(0, style.columns);
}

function partsOf(progress: Progress, now: number): readonly Part[] {
  const size = progress.plan?.sizeBytes;
  const bytes = formatBytes(bytesIn(progress)).padStart(9);
  const left = remainingMs(progress, now);
  const speed = `${formatBytes(bytesPerSecond(progress, now))}/s`.padStart(11);
  return [
    { text: size === undefined ? bytes : `${bytes} of ${formatBytes(size)}`, dispensable: 0 },
    { text: piecesText(progress), dispensable: 3 },
    { text: speed, dispensable: 1 },
    { text: left === undefined ? '' : `${formatDuration(rounded(left))} left`.padStart(9), dispensable: 2 },
    { text: progress.retries === 0 ? '' : count(progress.retries, 'retry', 'retries'), dispensable: 4 },
  ].filter(({ text }) => text !== '');
}

function piecesText(progress: Progress): string {
  const all = progress.plan === undefined ? undefined : pieceCountOf(progress.plan);
  if (all === undefined) return count(progress.doneCount, 'piece');
  return `${String(progress.doneCount).padStart(String(all).length)}/${all} pieces`;
}

/** Milliseconds would change too fast to be read. */
function rounded(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}

function bar(percent: number, width: number, { full, empty }: LineStyle): string {
  const inner = width - 2;
  const filled = Math.floor((percent * inner) / 100);
  return `[${full.repeat(filled)}${empty.repeat(inner - filled)}]`;
}

/** The same off a terminal, as a line of a log. */
export function plainLine({ phase, progress }: Tracked, now: number): string {
  if (phase === 'asking') return 'asking the source';
  if (phase === 'finishing') return 'checking, and moving into place';
  const percent = percentOf(progress);
  const size = progress.plan?.sizeBytes;
  const all = progress.plan === undefined ? undefined : pieceCountOf(progress.plan);
  const left = remainingMs(progress, now);
  const bytes = formatBytes(bytesIn(progress));
  return [
    percent === undefined ? bytes : `${percent}%`,
    ...(size === undefined || percent === undefined ? [] : [`${bytes} of ${formatBytes(size)}`]),
    all === undefined ? count(progress.doneCount, 'piece') : `${progress.doneCount} of ${count(all, 'piece')}`,
    `${formatBytes(bytesPerSecond(progress, now))}/s`,
    ...(left === undefined ? [] : [`${formatDuration(rounded(left))} left`]),
    ...(progress.retries === 0 ? [] : [count(progress.retries, 'retry', 'retries')]),
  ].join(', ');
}

/** A piece that has just begun says nothing about its connection's speed. */
const TELLING_MS = 300;

/** How many connections there are, and how they do. */
export function connectionsLine(progress: Progress, now: number): string {
  const connections = count(progress.inFlight.size, 'connection');
  const speeds = [...progress.inFlight.values()]
    .filter(({ startedAt, bytes }) => bytes > 0 && now - startedAt >= TELLING_MS)
    .map((piece) => pieceBytesPerSecond(piece, now));
  if (speeds.length === 0) return connections;
  const [least, most] = [formatBytes(Math.min(...speeds)), formatBytes(Math.max(...speeds))];
  return `${connections}, ${least === most ? most : `${least}/s to ${most}`}/s each`;
}
