import { pieceCountOf } from '../../../lib/transfer/plan/plan.ts';
import type { PieceworkEvent } from '../../../lib/transfer/progress/events.ts';
import { bytesIn, bytesPerSecond, remainingMs } from '../../../lib/transfer/progress/progress.ts';
import { printableJson } from '../../../lib/values/text/printable.ts';
import { toIso } from '../../../lib/values/time.ts';
import type { Context, Output } from '../../context.ts';
import type { Settings } from '../../options/table.ts';
import { writeLine } from '../lines.ts';
import { percentOf } from './progress-line.ts';
import type { Reporter } from './reporter.ts';
import type { Tracked } from './tracker.ts';
import { Tracker } from './tracker.ts';

const PROGRESS_EVERY_MS = 1_000;

/**
 * The events as JSON lines on stdout. `progress` sums up once a second; what a single piece has so far
 * (`piece.progress`) comes with --verbose only, and once a second at most.
 */
export function jsonReporter({ stdout, stderr, now, every }: Context, settings: Settings): Reporter {
  const tracker = new Tracker(now);
  const lastOfPiece = new Map<number, number>();

  function isWritten(event: PieceworkEvent): boolean {
    if (event.type !== 'piece.progress') return true;
    if (settings.verbose !== true || now() - (lastOfPiece.get(event.pieceNumber) ?? 0) < PROGRESS_EVERY_MS)
      return false;
    lastOfPiece.set(event.pieceNumber, now());
    return true;
  }

  const ticker = every(PROGRESS_EVERY_MS, () => {
    const tracked = tracker.look();
    if (tracked.phase === 'moving')
      writeJson(stdout, { type: 'progress', at: toIso(now()), ...summary(tracked, now()) });
  });
  return {
    event(event) {
      tracker.event(event);
      const { type, ...rest } = event;
      if (isWritten(event)) writeJson(stdout, { type, at: toIso(now()), ...rest });
      if (event.type === 'warning' && settings.quiet !== true) writeLine(stderr, `warning: ${event.message}`);
    },
    [Symbol.dispose]: () => ticker[Symbol.dispose](),
  };
}

function summary({ progress }: Tracked, now: number) {
  return {
    bytes: bytesIn(progress),
    sizeBytes: progress.plan?.sizeBytes,
    percent: percentOf(progress),
    doneCount: progress.doneCount,
    pieceCount: progress.plan === undefined ? undefined : pieceCountOf(progress.plan),
    inFlight: progress.inFlight.size,
    retries: progress.retries,
    bytesPerSecond: Math.round(bytesPerSecond(progress, now)),
    remainingMs: rounded(remainingMs(progress, now)),
  };
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms);
}

export function writeJson(output: Output, value: object): void {
  output.write(`${printableJson(value)}\n`);
}
