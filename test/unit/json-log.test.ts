import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { jsonLog } from '../../lib/events/log/events.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';

const transferId = '01KB1VY4M7XWQ8N5T2R9C3D6EF';
const reason = { code: 'SourceBusy', message: 'm', details: { sourceStatus: 503 } } as const;

let lines: Record<string, unknown>[];

beforeEach(() => {
  lines = [];
  const take = (chunk: unknown) => {
    for (const text of String(chunk).split('\n'))
      if (text !== '') lines.push(JSON.parse(text) as Record<string, unknown>);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function logged(...events: readonly PieceworkEvent[]) {
  const log = jsonLog({ service: 'piecework-planner', version: '1.2.3', level: 'DEBUG' });
  for (const event of events) log.event(event);
  return lines;
}

describe('the log', () => {
  it('is JSON, with transfer, service and version in each line', () => {
    const common = { service: 'piecework-planner', version: '1.2.3', transferId };
    expect(
      logged(
        { type: 'accepted', transferId, source: 'https://a/', destination: 's3://b/k' },
        { type: 'piece.done', transferId, pieceNumber: 3, bytes: 10, elapsedMs: 5 },
        { type: 'piece.requeued', transferId, pieceNumber: 3, attempt: 2, delayMs: 100, error: reason },
        { type: 'failed', transferId, run: 1, reason },
      ),
    ).toMatchObject([
      { ...common, level: 'INFO', message: 'accepted', source: 'https://a/', destination: 's3://b/k' },
      { ...common, level: 'DEBUG', message: 'piece.done', pieceNumber: 3, bytes: 10, elapsedMs: 5 },
      { ...common, level: 'WARN', message: 'piece.requeued', attempt: 2, delayMs: 100, error: reason },
      { ...common, level: 'WARN', message: 'failed', run: 1, reason },
    ]);
  });

  it('has a line for each request, at the level of its status, with our own failures', () => {
    const log = jsonLog({ service: 'piecework-api', version: '1.2.3' });
    const about = { method: 'POST', route: '/v1/transfers', durationMs: 7, principal: 'ann' };
    log.request({ ...about, status: 202, transferId });
    log.request({ ...about, status: 403, code: 'NotAuthorized' });
    log.request({ ...about, status: 500, code: 'Internal' }, new PieceworkError('Internal', 'a defect'));
    expect(lines).toMatchObject([
      { level: 'INFO', message: 'request', ...about, status: 202, transferId },
      { level: 'WARN', message: 'request', ...about, status: 403, code: 'NotAuthorized' },
      { level: 'ERROR', message: 'request', ...about, status: 500, failure: { code: 'Internal', message: 'a defect' } },
    ]);
    expect(lines[1]).not.toHaveProperty('failure');
  });

  it('says of a plan what a line bears', () => {
    const snapshot = {
      sizeBytes: 30,
      ranges: true,
      validator: { kind: 'strong', etag: '"e"' },
      digests: {},
      warnings: ['soon'],
    } as const;
    const plan = { mode: 'pieces', sizeBytes: 30, pieceSizeBytes: 10, pieceCount: 3 } as const;
    const [line] = logged({ type: 'planned', transferId, plan, snapshot, doneThrough: 1, done: [1, 3] });
    expect(line).toMatchObject({
      transferId,
      plan,
      sizeBytes: 30,
      validator: 'strong',
      warnings: ['soon'],
      doneThrough: 1,
      doneCount: 2,
    });
    expect(line).not.toHaveProperty('done');
  });

  it('leaves progress out, and pieces at the usual level', () => {
    logged({ type: 'piece.progress', transferId, pieceNumber: 1, bytes: 1 });
    const usual = jsonLog({ service: 's', version: 'v', level: 'INFO' });
    usual.event({ type: 'piece.started', transferId, pieceNumber: 1, attempt: 1, bytes: 1 });
    usual.event({ type: 'piece.done', transferId, pieceNumber: 1, bytes: 1, elapsedMs: 1 });
    expect(lines).toEqual([]);
    usual.event({ type: 'warning', message: 'mind the gap' });
    expect(lines).toMatchObject([{ level: 'WARN', sentence: 'mind the gap' }]);
  });

  it('says what was thrown with its causes, and where, and no secret of it', () => {
    const sdk = Object.assign(
      new Error('GET https://u:hunter2@a/?X-Amz-Signature=hunter2 failed\nauthorization: Bearer hunter2'),
      {
        name: 'NoSuchBucket',
        $response: { headers: { authorization: 'hunter2' } },
        code: 'E',
      },
    );
    const error = new PieceworkError('HomeRefused', 'no bucket', { cause: sdk, details: { target: 'the bucket' } });
    jsonLog({ service: 's', version: 'v' }).failed('a message comes again', error, { messageId: 'm1' });
    expect(lines).toMatchObject([
      {
        level: 'ERROR',
        message: 'a message comes again',
        messageId: 'm1',
        failure: {
          name: 'PieceworkError',
          code: 'HomeRefused',
          message: 'no bucket',
          details: { target: 'the bucket' },
          cause: { name: 'NoSuchBucket', code: 'E' },
        },
      },
    ]);
    expect(JSON.stringify(lines)).toContain('json-log.test.ts');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('bears whatever is thrown: text, nothing, a circle of causes', () => {
    const log = jsonLog({ service: 's', version: 'v' });
    const circle: Error & { cause?: unknown } = new Error('round');
    circle.cause = circle;
    for (const thrown of ['https://a/?k=hunter2', undefined, null, 7, circle]) log.failed('x', thrown);
    log.warn('w', { transferId });
    expect(lines).toHaveLength(6);
    expect(lines[5]).toMatchObject({ level: 'WARN', message: 'w', transferId });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});
