import { describe, expect, it } from 'vitest';
import { atWorkNotes } from '../../lib/local/engine/watch/at-work.ts';
import { liveTransfers } from '../../lib/local/live/live-transfers.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import { NOW, transferring } from '../support/a-transfer.ts';

// What a server knows of the transfers that it runs.

const ID = 'T1';
const PLAN = { mode: 'pieces', sizeBytes: 100, pieceSizeBytes: 10, pieceCount: 10 } as const;
const PLANNED: PieceworkEvent = {
  type: 'planned',
  transferId: ID,
  plan: PLAN,
  snapshot: transferring().snapshot ?? { ranges: true, validator: { kind: 'none' }, digests: {}, warnings: [] },
  doneThrough: 2,
  done: [5],
};
const error = (code: 'SourceReset' | 'SourceBusy') => ({ code, message: `it is ${code}` });

function world(most?: number) {
  const clock = { time: NOW, now: () => clock.time };
  const work = atWorkNotes();
  const live = liveTransfers(clock, work, most);
  const hear = (...events: readonly PieceworkEvent[]) => {
    for (const event of events) live.hear(event);
  };
  return { clock, work, live, hear };
}

const started = (pieceNumber: number): PieceworkEvent => ({
  type: 'piece.started',
  transferId: ID,
  pieceNumber,
  attempt: 1,
  bytes: 10,
});
const came = (pieceNumber: number, bytes: number): PieceworkEvent => ({
  type: 'piece.progress',
  transferId: ID,
  pieceNumber,
  bytes,
});
const done = (pieceNumber: number): PieceworkEvent => ({
  type: 'piece.done',
  transferId: ID,
  pieceNumber,
  bytes: 10,
  elapsedMs: 1,
});

describe('a transfer that runs here', () => {
  it('shows how far each piece is, on which connection, and which is rescued', () => {
    const { live, work, hear, clock } = world();
    using _run = work.began(ID);
    hear(PLANNED, started(3), started(4), came(3, 4), came(4, 6));
    using reading = work.reads(ID, 3, 'host.example#1');
    using _other = work.reads(ID, 4, 'host.example#2');
    hear({ type: 'piece.rescued', transferId: ID, pieceNumber: 4, restBytes: 4, afterMs: 9_000 });
    const startedAt = new Date(NOW).toISOString();
    expect(live.of(ID)).toMatchObject({ doneBytes: 30, receivedBytes: 40, sizeBytes: 100 });
    expect(live.of(ID)?.inFlight).toEqual([
      { pieceNumber: 3, doneBytes: 4, sizeBytes: 10, startedAt, connection: 'host.example#1' },
      { pieceNumber: 4, doneBytes: 6, sizeBytes: 10, startedAt, connection: 'host.example#2', rescue: true },
    ]);
    // All of it is here, and on its way to the destination.
    reading[Symbol.dispose]();
    expect(live.of(ID)?.inFlight[0]).not.toHaveProperty('connection');
    hear(done(3), done(3));
    clock.time += 5_000;
    expect(live.of(ID)).toMatchObject({ doneBytes: 40, receivedBytes: 46, bytesPerSecond: 16 / 5 });
    expect(live.of(ID)?.doneRanges).toEqual([
      [1, 3],
      [5, 5],
    ]);
  });

  it('has a speed of the last seconds, which is none while nothing comes', () => {
    const { live, work, hear, clock } = world();
    using _run = work.began(ID);
    hear(PLANNED, started(3));
    for (let bytes = 1; bytes <= 8; bytes += 1) {
      clock.time += 1_000;
      hear(came(3, bytes));
    }
    expect(live.of(ID)?.bytesPerSecond).toBe(1);
    clock.time += 60_000;
    expect(live.of(ID)?.bytesPerSecond).toBe(0);
  });

  it('forgets what a failed piece had, and what an earlier plan was', () => {
    const { live, work, hear } = world();
    using _run = work.began(ID);
    hear(PLANNED, started(3), came(3, 7));
    hear({ type: 'piece.failed', transferId: ID, pieceNumber: 3, attempt: 1, error: error('SourceReset') });
    expect(live.of(ID)).toMatchObject({ receivedBytes: 30, inFlight: [] });
    hear(started(3), { ...PLANNED, doneThrough: 0, done: [] });
    expect(live.of(ID)).toMatchObject({ receivedBytes: 0, doneRanges: [], inFlight: [] });
  });

  it('is not shown as running when it has stopped, and what happened to it is still known', () => {
    const { live, work, hear } = world();
    {
      using _run = work.began(ID);
      hear(PLANNED, started(3));
    }
    expect(live.of(ID)).toBeUndefined();
    expect(live.timelineOf(ID).map(({ kind }) => kind)).toEqual(['planned', 'started']);
  });

  it('has a timeline on which what repeats itself is one entry, and which stays short', () => {
    const { live, hear } = world();
    const requeued = (pieceNumber: number, code: 'SourceReset' | 'SourceBusy'): PieceworkEvent => ({
      type: 'piece.requeued',
      transferId: ID,
      pieceNumber,
      attempt: 2,
      delayMs: 2_000,
      error: error(code),
    });
    hear(requeued(1, 'SourceReset'), requeued(2, 'SourceReset'), requeued(3, 'SourceBusy'));
    expect(live.timelineOf(ID)).toMatchObject([
      { kind: 'retried', pieceNumber: 2, code: 'SourceReset', count: 2, text: 'it is SourceReset; again in 2s' },
      { kind: 'patience', pieceNumber: 3, code: 'SourceBusy' },
    ]);
    for (let times = 0; times < 500; times += 1) hear(requeued(1, times % 2 === 0 ? 'SourceReset' : 'SourceBusy'));
    expect(live.timelineOf(ID)).toHaveLength(200);
  });

  it('is forgotten after many others, unless it runs', () => {
    const { live, work } = world(3);
    using _run = work.began('T0');
    for (let number = 0; number < 10; number += 1) live.note(`T${number}`, { kind: 'paused', text: 'paused' });
    const known = Array.from({ length: 10 }, (_, number) => `T${number}`).filter(
      (id) => live.timelineOf(id).length > 0,
    );
    expect(known).toEqual(['T0', 'T8', 'T9']);
  });
});
