import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { ERROR_CODES } from '../../lib/errors/codes.ts';
import {
  isUnreadable,
  parseMessage,
  readFetcherTask,
  readFinalizerMessage,
  readPlannerMessage,
} from '../../lib/queues/messages.ts';
import type {
  DeadPiece,
  FinalizerMessage,
  FinishTask,
  PieceResult,
  PieceTask,
  PlanTask,
  Tick,
} from '../../lib/transfer/messages.ts';
import { thrownBy } from '../support/reading.ts';

const transferId = '01KB1VY4M7XWQ8N5T2R9C3D6EF';
const plan: PlanTask = { kind: 'plan', v: 1, transferId };
const finish: FinishTask = { kind: 'finish', v: 1, transferId };
const tick: Tick = { kind: 'tick', v: 1, transferId };
const piece: PieceTask = { kind: 'piece', v: 1, transferId, planId: 'P1', pieceNumber: 3, attempt: 1 };
const done: PieceResult = { ...piece, kind: 'result', outcome: 'done', bytes: 10, elapsedMs: 5 };
const failed: PieceResult = {
  ...done,
  outcome: 'failed',
  bytes: 0,
  error: {
    code: 'SourceBusy',
    message: 'patience',
    details: { sourceStatus: 503, retryAfterMs: 1000, target: 'https://a/', yes: true },
  },
};
const dead: DeadPiece = { kind: 'dead', v: 1, task: piece };

describe('a message', () => {
  it.each<FinalizerMessage>([done, failed, dead, tick])(
    'of the results queue is read as it was written: %o',
    (message) => {
      expect(readFinalizerMessage(JSON.stringify(message))).toEqual(message);
    },
  );

  it('of the other queues as well', () => {
    expect(readPlannerMessage(JSON.stringify(plan))).toEqual(plan);
    expect(readPlannerMessage(JSON.stringify(finish))).toEqual(finish);
    expect(readFetcherTask(JSON.stringify(piece))).toEqual(piece);
  });

  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('carries the error %s', (code) => {
    const message: PieceResult = { ...failed, error: { code, message: 'm' } };
    expect(readFinalizerMessage(JSON.stringify(message))).toEqual(message);
  });

  it('may have fields of a newer release, which are dropped', () => {
    expect(readFetcherTask(JSON.stringify({ ...piece, priority: 'high' }))).toEqual(piece);
  });

  const without = <T extends object>(message: T, field: string) =>
    Object.fromEntries(Object.entries(message).filter(([name]) => name !== field));
  const wrong: readonly (readonly [string, unknown])[] = [
    ...Object.keys(piece).map((field) => [`no ${field}`, without(piece, field)] as const),
    ['version 2', { ...piece, v: 2 }],
    ['version 0', { ...piece, v: 0 }],
    ['version "1"', { ...piece, v: '1' }],
    ['version constructor', { ...piece, v: 'constructor' }],
    ['another kind', { ...piece, kind: 'plan' }],
    ['piece 0', { ...piece, pieceNumber: 0 }],
    ['half a piece', { ...piece, pieceNumber: 1.5 }],
    ['attempt 0', { ...piece, attempt: 0 }],
    ['a number as text', { ...piece, pieceNumber: '3' }],
    ['an id that is a path', { ...piece, transferId: '../sealed/x' }],
    ['an id with a slash', { ...piece, transferId: 'a/b' }],
    ['an empty id', { ...piece, transferId: '' }],
    ['a long id', { ...piece, transferId: 'a'.repeat(65) }],
    ['null', null],
    ['a list', [piece]],
    ['text', 'piece'],
  ];

  it.each(wrong)('with %s is unreadable', async (_, message) => {
    await thrownBy(() => readFetcherTask(JSON.stringify(message)), 'MessageMalformed');
  });

  it.each(['', ' ', '{', '{"kind":"piece"', 'null', '{"v":1}', '[]', '\0'])('%j is unreadable', async (body) => {
    for (const read of [readFetcherTask, readPlannerMessage, readFinalizerMessage])
      await thrownBy(() => read(body), 'MessageMalformed');
  });

  it.each([
    ['an unknown code', { ...failed, error: { code: 'NoSuchCode', message: 'm' } }],
    ['an error without a message', { ...failed, error: { code: 'Internal' } }],
    ['a negative size', { ...done, bytes: -1 }],
    ['another outcome', { ...done, outcome: 'perhaps' }],
    ['a dead letter of something else', { ...dead, task: plan }],
    ['a task', piece],
    ['a plan', plan],
  ])('with %s is no message of the results queue', async (_, message) => {
    await thrownBy(() => readFinalizerMessage(JSON.stringify(message)), 'MessageMalformed');
  });

  it('that can not be read is told by the names of its fields, not by what they hold', async () => {
    const error = await thrownBy(
      () => readFetcherTask(JSON.stringify({ ...piece, transferId: 'https://a/?token=hunter2', attempt: 'hunter2' })),
      'MessageMalformed',
    );
    expect(error.message).toContain('transferId');
    expect(error.message).toContain('attempt');
    expect(error.message).not.toContain('hunter2');
    expect((await thrownBy(() => readFetcherTask('hunter2{'), 'MessageMalformed')).message).not.toContain('hunter2');
  });

  test('of any kind of JSON is read or unreadable, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.json(), (body) => {
        for (const read of [readFetcherTask, readPlannerMessage, readFinalizerMessage]) {
          try {
            read(body);
          } catch (error) {
            expect(error).toMatchObject({ code: 'MessageMalformed' });
          }
        }
      }),
    );
  });
});

describe('versions', () => {
  interface Newest {
    readonly v: 2;
    readonly name: string;
    readonly count: number;
  }
  const before = z
    .object({ v: z.literal(1), name: z.string() })
    .transform(({ name }): Newest => ({ v: 2, name, count: 1 }));
  const newest = z.object({ v: z.literal(2), name: z.string(), count: z.number() });
  const VERSIONS = { 1: () => before, 2: () => newest };

  it('v and v-1 are both read, as v', () => {
    expect(parseMessage<Newest>('{"v":2,"name":"a","count":5}', VERSIONS)).toEqual({ v: 2, name: 'a', count: 5 });
    expect(parseMessage<Newest>('{"v":1,"name":"a"}', VERSIONS)).toEqual({ v: 2, name: 'a', count: 1 });
  });

  it.each([0, 3, -1, 1.5])('%d is said to be unknown', (v) => {
    const parsed = parseMessage<Newest>(JSON.stringify({ v, name: 'a', count: 1 }), VERSIONS);
    expect(isUnreadable(parsed) && parsed.because).toBe(`its version ${v} is not one of 1, 2`);
  });
});
