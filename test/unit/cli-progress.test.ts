import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noticer } from '../../cli/output/reporters/notices.ts';
import { cadence } from '../../cli/output/reporters/plain-reporter.ts';
import { connectionsLine, percentOf, plainLine, progressLine } from '../../cli/output/reporters/progress-line.ts';
import { Tracker } from '../../cli/output/reporters/tracker.ts';
import type { Plan } from '../../lib/transfer/plan/plan.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';

const MIB = 1024 ** 2;

const transferId = '01J00000000000000000000000';

const snapshot = { ranges: true, sizeBytes: 1, validator: { kind: 'none' }, digests: {}, warnings: [] } as const;

function planned(plan: Plan, done: readonly number[] = []): PieceworkEvent {
  return { type: 'planned', transferId, plan, snapshot, doneThrough: 0, done };
}

const plan: Plan = { mode: 'pieces', sizeBytes: 64 * MIB, pieceSizeBytes: 4 * MIB, pieceCount: 16 };

/** Each event at its second. */
function tracked(events: readonly (readonly [second: number, event: PieceworkEvent])[]) {
  let now = 0;
  const tracker = new Tracker(() => now);
  for (const [second, event] of events) {
    now = second * 1000;
    tracker.event(event);
  }
  return tracker.look();
}

const piece = (type: 'piece.progress', pieceNumber: number, bytes: number): PieceworkEvent => ({
  type,
  transferId,
  pieceNumber,
  bytes,
});

const started = (pieceNumber: number): PieceworkEvent => ({
  type: 'piece.started',
  transferId,
  pieceNumber,
  attempt: 1,
  bytes: 4 * MIB,
});

const done = (pieceNumber: number): PieceworkEvent => ({
  type: 'piece.done',
  transferId,
  pieceNumber,
  bytes: 4 * MIB,
  elapsedMs: 1,
});

const requeued = (
  pieceNumber: number,
  delayMs: number,
  code: 'SourceReset' | 'SourceBusy' = 'SourceReset',
): PieceworkEvent => ({
  type: 'piece.requeued',
  transferId,
  pieceNumber,
  attempt: 2,
  delayMs,
  error: { code, message: 'the source said no' },
});

const half = tracked([
  [0, planned(plan, [1, 2])],
  [0, started(3)],
  [1, piece('piece.progress', 3, MIB)],
  [2, done(3)],
  [2, started(4)],
  [2, started(5)],
  [3, requeued(5, 10)],
  [4, piece('piece.progress', 4, 2 * MIB)],
]);

describe('the progress line', () => {
  const style = { full: '=', empty: '-' };

  it('shows bytes, percent, pieces, speed, time left and retries', () => {
    expect(progressLine(half, 4000, { ...style, columns: 100 })).toBe(
      ' 21%  [=====-------------------]     14 MiB of 64 MiB   3/16 pieces    1.5 MiB/s   34s left  1 retry',
    );
  });

  it('is never longer than the terminal, and says the bytes to the last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (columns) => {
        expect(progressLine(half, 4000, { ...style, columns }).length).toBeLessThanOrEqual(columns);
      }),
    );
    expect(progressLine(half, 4000, { ...style, columns: 30 })).toBe(' 21%     14 MiB of 64 MiB');
  });

  it('fills the bar with the percent', () => {
    const barOf = (columns: number) => /\[(=*)(-*)\]/.exec(progressLine(half, 4000, { ...style, columns }));
    const [, full = '', empty = ''] = barOf(119) ?? [];
    expect(full.length).toBe(Math.floor(((full.length + empty.length) * 21) / 100));
  });

  it('knows no percent where the size is unknown', () => {
    const stream = tracked([
      [0, planned({ mode: 'stream', pieceSizeBytes: 8 * MIB })],
      [1, done(1)],
    ]);
    expect(percentOf(stream.progress)).toBeUndefined();
    expect(progressLine(stream, 2000, { ...style, columns: 79 })).toBe('    4 MiB  1 piece      2 MiB/s');
  });

  it('says hundred percent only when everything is there', () => {
    const pieces = Array.from({ length: 15 }, (_, index) => index + 1);
    const almost = tracked([
      [0, planned(plan, pieces)],
      [0, started(16)],
      [1, piece('piece.progress', 16, 4 * MIB - 1)],
    ]);
    expect(percentOf(almost.progress)).toBe(99);
    expect(percentOf(tracked([[0, planned(plan, [...pieces, 16])]]).progress)).toBe(100);
  });

  it('says what is going on before and after the pieces', () => {
    expect(progressLine(tracked([]), 0, { ...style, columns: 79 })).toBe('asking the source');
    const finishing = tracked([
      [0, planned(plan)],
      [1, { type: 'finalizing', transferId }],
    ]);
    expect(progressLine(finishing, 0, { ...style, columns: 79 })).toBe('checking, and moving into place');
    expect(progressLine(finishing, 0, { ...style, columns: 8 })).toBe('checking');
  });

  it('has a plain form for logs', () => {
    expect(plainLine(half, 4000)).toBe('21%, 14 MiB of 64 MiB, 3 of 16 pieces, 1.5 MiB/s, 34s left, 1 retry');
  });

  it('tells how the connections do', () => {
    expect(connectionsLine(half.progress, 4000)).toBe('1 connection, 1 MiB/s each');
    expect(connectionsLine(half.progress, 2100)).toBe('1 connection');
  });
});

describe('the cadence of plain lines', () => {
  it('is each ten percent, not more than one a second, and one in ten seconds at least', () => {
    const isDue = cadence(0);
    expect(isDue(500, 15)).toBe(false);
    expect(isDue(1000, 15)).toBe(true);
    expect(isDue(3000, 19)).toBe(false);
    expect(isDue(3000, 20)).toBe(true);
    expect(isDue(12_999, 21)).toBe(false);
    expect(isDue(13_000, 21)).toBe(true);
    expect(isDue(22_000, undefined)).toBe(false);
    expect(isDue(23_000, undefined)).toBe(true);
  });
});

describe('notices', () => {
  const all = (isVerbose: boolean, events: readonly PieceworkEvent[]) => {
    const notices = noticer(isVerbose, () => 0);
    return events.flatMap((event) => notices(event));
  };

  it('say that a piece is slow only to those who want to know everything', () => {
    const rescued = { type: 'piece.rescued', transferId, pieceNumber: 4, restBytes: MIB, afterMs: 6_000 } as const;
    expect(all(false, [rescued])).toEqual([]);
    expect(all(true, [rescued])).toEqual(['piece 4 is slow after 6s: asked once more on another connection']);
  });

  it('say a resume with its pieces, and why a transfer starts over', () => {
    expect(
      all(false, [
        { type: 'resuming', transferId, doneCount: 37, pieceCount: 64, doneBytes: 1 },
        { type: 'superseded', transferId, because: 'the source had 3 bytes and has 4 now' },
        { type: 'restarted', transferId, reason: { code: 'SourceChanged', message: 'the source changed' } },
      ]),
    ).toEqual([
      `resuming ${transferId}: 37 of 64 pieces present`,
      'starting over: the source had 3 bytes and has 4 now',
      'starting over: the source changed',
    ]);
  });

  it('say a long wait once for many pieces, and short ones only when asked', () => {
    const events = [requeued(1, 500), requeued(2, 5000), requeued(3, 5000), requeued(4, 6000, 'SourceBusy')];
    expect(all(false, events)).toEqual([
      'piece 2 again in 5s: the source said no',
      'piece 4 again in 6s: the source said no',
    ]);
    expect(all(true, events)).toHaveLength(4);
  });

  it('say a warning once, though an event may come twice', () => {
    const warned = {
      ...planned(plan),
      snapshot: { ...snapshot, warnings: ['the link expires soon'] },
    } as PieceworkEvent;
    expect(all(false, [warned, warned])).toEqual(['warning: the link expires soon']);
  });

  it('say why there is one connection only, unless the source’s own warnings do', () => {
    const stream = (more: object, sizeBytes?: number): PieceworkEvent => ({
      type: 'planned',
      transferId,
      plan: { mode: 'stream', pieceSizeBytes: MIB, ...(sizeBytes === undefined ? {} : { sizeBytes }) },
      snapshot: { ...snapshot, ...more },
      doneThrough: 0,
      done: [],
    });
    expect(all(false, [stream({}, 3 * MIB)])).toEqual([
      'the source does not serve its ranges after all: one connection, and a broken transfer starts over',
    ]);
    const { sizeBytes: _size, ...unsized } = snapshot;
    const unknown = { ...stream({}), snapshot: unsized } as PieceworkEvent;
    expect(all(false, [unknown])).toEqual([
      'the source does not say how long it is: one connection, and a broken transfer starts over',
    ]);
    expect(all(false, [stream({ ranges: false, warnings: ['no ranges'] }, 3 * MIB)])).toEqual(['warning: no ranges']);
  });
});
