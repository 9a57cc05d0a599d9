import { readFileSync } from 'node:fs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { DETAIL_TYPES } from '../../lib/events/eventbridge/detail-types.ts';
import type { EventBridgeOptions } from '../../lib/events/eventbridge/events.ts';
import { eventBridgeEvents } from '../../lib/events/eventbridge/events.ts';
import type { TransferEventDetail } from '../../lib/events/eventbridge/schema.ts';
import { batchEventDetail, transferEventDetail } from '../../lib/events/eventbridge/schema.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import type { JsonAnswer } from '../support/json-client.ts';
import { jsonService } from '../support/json-client.ts';
import { failureOf } from '../support/reading.ts';

const transferId = '01KB1VY4M7XWQ8N5T2R9C3D6EF';
const reason = {
  code: 'SourceNotFound',
  message: 'nothing there',
  details: { target: 'https://a/', sourceStatus: 404 },
} as const;
const snapshot = { ranges: true, validator: { kind: 'none' }, digests: {}, warnings: [], sizeBytes: 30 } as const;

type Life = Extract<PieceworkEvent, { readonly type: keyof typeof DETAIL_TYPES }>;

const LIFE: Readonly<Record<keyof typeof DETAIL_TYPES, Life>> = {
  accepted: { type: 'accepted', transferId, source: 'https://a/x?sig=***', destination: 's3://b/k' },
  retried: { type: 'retried', transferId, run: 2, source: 'https://c/y?sig=***', actedBy: 'ben' },
  planned: {
    type: 'planned',
    transferId,
    plan: { mode: 'pieces', sizeBytes: 30, pieceSizeBytes: 10, pieceCount: 3 },
    snapshot,
    doneThrough: 0,
    done: [],
  },
  completed: {
    type: 'completed',
    transferId,
    run: 2,
    result: { sizeBytes: 30, crc32: '0000002a', version: 'validator', digests: { sha256: 'ab' }, etag: '"e"' },
  },
  failed: { type: 'failed', transferId, run: 2, reason, heldUntil: '2026-11-24T13:00:00.000Z' },
  cancelled: {
    type: 'cancelled',
    transferId,
    run: 2,
    reason: { code: 'Cancelled', message: 'by request' },
    actedBy: 'ben',
  },
};
const ENDS = [LIFE.completed, LIFE.failed, LIFE.cancelled];

interface Sent {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

function bench(options: Partial<EventBridgeOptions> = {}, answers: JsonAnswer[] = []) {
  const service = jsonService(() => answers.shift() ?? { body: { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] } });
  const failures: unknown[] = [];
  const sleeps: number[] = [];
  const events = eventBridgeEvents({
    client: new EventBridgeClient(service.config),
    busName: 'bus',
    now: () => Date.UTC(2026, 10, 24, 12),
    sleep: async (ms) => void sleeps.push(ms),
    onFailure: (error) => failures.push(error),
    ...options,
  });
  const sent = () => service.calls.flatMap(({ asked }) => asked['Entries'] as readonly Sent[]);
  const details = () => sent().map(({ Detail }) => JSON.parse(Detail) as TransferEventDetail);
  return { events, sent, details, failures, sleeps };
}

const NOT_TAKEN: JsonAnswer = {
  body: { FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'hunter2' }] },
};

describe('EventBridge', () => {
  it.each(Object.values(LIFE))('is told of $type in the documented form', async (event) => {
    const { events, sent, details } = bench();
    await events.emit(event);
    expect(sent()).toMatchObject([{ EventBusName: 'bus', Source: 'piecework', DetailType: DETAIL_TYPES[event.type] }]);
    expect(details().map((detail) => transferEventDetail.parse(detail))).toEqual(details());
    expect(details()).toMatchObject([{ v: 1, transferId, status: event.type, at: '2026-11-24T12:00:00.000Z' }]);
  });

  it('gets a name as it is, and nothing unprintable in the text that carries it', async () => {
    const { events, sent, details } = bench();
    const destination = 's3://b/a\u001b[2J\u009b\u0085\u202e\u2028k';
    await events.emit({ ...LIFE.accepted, destination } as Life);
    expect(details()).toMatchObject([{ destination }]);
    expect(sent()[0]?.Detail).toMatch(/^[\x20-\x7e]*$/);
  });

  it('says what the event holds', async () => {
    const { events, details } = bench();
    for (const event of Object.values(LIFE)) await events.emit(event);
    expect(details()).toMatchObject([
      { source: 'https://a/x?sig=***', destination: 's3://b/k' },
      { run: 2, source: 'https://c/y?sig=***', actedBy: 'ben' },
      { mode: 'pieces', sizeBytes: 30, pieceSizeBytes: 10, pieceCount: 3 },
      { run: 2, sizeBytes: 30, crc32: '0000002a', version: 'validator', digests: { sha256: 'ab' }, etag: '"e"' },
      { run: 2, reason: { code: 'SourceNotFound', message: 'nothing there' }, heldUntil: '2026-11-24T13:00:00.000Z' },
      { run: 2, reason: { code: 'Cancelled', message: 'by request' }, actedBy: 'ben' },
    ]);
  });

  it('is told what the home knows besides, and the event’s own run goes before the record’s', async () => {
    const described = { run: 7, source: 'https://r/', destination: 's3://r/r', owner: 'me', actedBy: 'ann' };
    const { events, details } = bench({ describe: async () => described });
    await events.emit(LIFE.completed);
    await events.emit(LIFE.planned);
    await events.emit(LIFE.accepted);
    expect(details()).toMatchObject([
      { ...described, run: 2 },
      { ...described, run: 7 },
      { ...described, source: 'https://a/x?sig=***', destination: 's3://b/k' },
    ]);
    for (const detail of details()) transferEventDetail.parse(detail);
  });

  it('gives an event that is sent twice the same id, and each other one another', async () => {
    const { events, details } = bench();
    for (const event of [...Object.values(LIFE), ...Object.values(LIFE), { ...LIFE.failed, run: 3 }])
      await events.emit(event as Life);
    const ids = details().map(({ id }) => id);
    expect(ids.slice(6, 12)).toEqual(ids.slice(0, 6));
    expect(new Set(ids).size).toBe(7);
    expect(ids[3]).toBe(`${transferId}.2.completed`);
  });

  it('hears of nothing else', async () => {
    const { events, sent } = bench();
    const error = reason;
    const others: readonly PieceworkEvent[] = [
      { type: 'piece.done', transferId, pieceNumber: 1, bytes: 1, elapsedMs: 1 },
      { type: 'piece.failed', transferId, pieceNumber: 1, attempt: 1, error },
      { type: 'retrying', transferId, reason, delayMs: 1 },
      { type: 'restarted', transferId, reason },
      { type: 'finalizing', transferId },
      { type: 'warning', message: 'm' },
    ];
    for (const event of others) await events.emit(event);
    expect(sent()).toEqual([]);
  });

  it('gets an event again that it did not take, after a wait', async () => {
    const { events, sent, sleeps } = bench({}, [NOT_TAKEN, NOT_TAKEN]);
    await events.emit(LIFE.failed);
    expect(sent()).toHaveLength(3);
    expect(new Set(sent().map(({ Detail }) => Detail)).size).toBe(1);
    expect(sleeps).toHaveLength(2);
  });

  it.each(ENDS)('an end ($type) that it does not take rejects, so that it is told later', async (event) => {
    const error = await failureOf(bench({}, [NOT_TAKEN, NOT_TAKEN, NOT_TAKEN]).events.emit(event), 'HomeUnavailable');
    expect(error.message).toContain('ThrottlingException');
    expect(error.message).not.toContain('hunter2');
    await failureOf(bench({}, [{ status: 500, code: 'InternalException' }]).events.emit(event), 'HomeUnavailable');
    const denied = await failureOf(
      bench({}, [{ status: 400, code: 'AccessDeniedException' }]).events.emit(event),
      'HomeRefused',
    );
    expect(denied.message).toContain('events:PutEvents');
  });

  it.each([LIFE.accepted, LIFE.retried, LIFE.planned])('$type is not worth failing a transfer over', async (event) => {
    const { events, failures } = bench({}, [{ status: 500, code: 'InternalException' }]);
    await events.emit(event);
    expect(failures).toMatchObject([{ code: 'HomeUnavailable' }]);
  });

  it('is told of the life of a batch', async () => {
    const { events, sent } = bench();
    const counters = { done: 2, unchanged: 0, failed: 1, cancelled: 0, bytes: 9 };
    await events.emit({
      type: 'batch.accepted',
      batchId: 'B',
      run: 1,
      list: 'https://a.example/',
      destination: 's3://b/',
    });
    await events.emit({ type: 'batch.completed', batchId: 'B', run: 1, entries: 3, counters, report: 's3://b/r' });
    const details = sent().map(({ Detail }) => JSON.parse(Detail) as unknown);
    expect(details.map((detail) => batchEventDetail.parse(detail))).toEqual(details);
    expect(sent().map(({ DetailType }) => DetailType)).toEqual(['Batch Accepted', 'Batch Completed']);
    expect(details).toMatchObject([{ id: 'B.1.accepted' }, { id: 'B.1.completed', counters }]);
  });

  it('an end whose record can not be read rejects as well', async () => {
    const { events, sent } = bench({
      describe: () => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNRESET' })),
    });
    await failureOf(events.emit(LIFE.completed), 'HomeUnavailable');
    expect(sent()).toEqual([]);
  });
});

describe('docs/events.md', () => {
  const text = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)`\s*\| (\w+(?:, \w+)*?)(, optional)?\s*\|/gm)].map(
    ([, field = '', where = '', optional]) => ({ field, where: where.split(', '), optional: optional !== undefined }),
  );
  const schemas = transferEventDetail.options;

  it('has every detail type with its status', () => {
    const documented = [...text.matchAll(/^\| `(Transfer \w+)`\s*\| `(\w+)`/gm)].map(([, type, status]) => [
      status,
      type,
    ]);
    expect(Object.fromEntries(documented)).toEqual(DETAIL_TYPES);
  });

  it.each(schemas.map((schema) => [schema.shape.status.value, schema] as const))(
    'has the fields of %s, and says which may be absent',
    (status, schema) => {
      const documented = rows
        .filter(({ where }) => where.includes('all') || where.includes(status))
        .map(({ field, optional }) => [field, optional]);
      const real = Object.entries(schema.shape).map(([field, type]) => [field, type.safeParse(undefined).success]);
      expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(real));
    },
  );

  it('has examples that are what is sent', () => {
    const blocks = [...text.matchAll(/```json\n([^`]+)```/g)].map(
      ([, json = '']) => JSON.parse(json) as { source: unknown; detail: unknown; 'detail-type': unknown },
    );
    const examples = blocks.filter(({ source }) => typeof source === 'string');
    expect(examples).toHaveLength(2);
    for (const example of examples) {
      const detail = transferEventDetail.parse(example.detail);
      expect(detail).toEqual(example.detail);
      expect(example['detail-type']).toBe(DETAIL_TYPES[detail.status]);
    }
  });
});
