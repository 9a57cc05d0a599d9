import { describe, expect, it } from 'vitest';
import { run } from '../../cli/run.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { BatchRecord, LocalBatchStatus, LocalStatus } from '../../lib/index.ts';
import type { ListQuery } from '../../lib/pipeline/requests/query.ts';
import { newRecord } from '../../lib/transfer/record/record.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { testContext } from '../support/cli-context.ts';
import { ID, lastLine } from '../support/cli-local.ts';

const OLDER = '01JZ7AAAAAAAAAAAAAAAAAAAAA';
const BATCH = '01JZ8BBBBBBBBBBBBBBBBBBBBB';

const record: BatchRecord = {
  v: 1,
  id: BATCH,
  status: 'completed',
  createdAt: '2023-11-14T22:00:00.000Z',
  updatedAt: '2023-11-14T22:10:00.000Z',
  destination: 's3://bucket/in/',
  place: { kind: 's3', bucket: 'bucket', key: 'in/.piecework-batch' },
  list: { from: 'urls.txt', format: 'urls', sha256: '', entriesSha256: 'ab', entries: 10, shards: 1 },
  options: { ifExists: 'if-changed', maxAttempts: 5, object: {} },
  report: 's3://bucket/in/piecework-report.jsonl',
};

const error = { code: 'SourceNotFound', message: 'http://host/x: there is nothing at this URL (404)' } as const;
const example = { entry: 7, kind: 'failed', name: 'x.bin', source: 'http://host/x', error } as const;

const batch: LocalBatchStatus = {
  record: { ...record, counters: { done: 7, unchanged: 1, failed: 2, cancelled: 0, bytes: 2048 } },
  isRunning: false,
  counters: { done: 7, unchanged: 1, failed: 2, cancelled: 0, bytes: 2048 },
  failures: [{ code: 'SourceNotFound', count: 2, examples: [example] }],
  openTransfers: [],
};

function transfer(id: string, of?: number): LocalStatus {
  const source = { url: 'https://host/file.bin', withheld: false };
  const request = {
    source,
    destination: { kind: 's3', bucket: 'bucket', key: id },
    object: {},
    options: DEFAULT_OPTIONS,
  } as const;
  const own = of === undefined ? {} : { batch: { id: BATCH, entry: of } };
  return {
    record: { ...newRecord(id, 'local', request, 1_699_999_000_000, own), rev: 1, writeId: 'w' },
    isRunning: true,
  };
}

const LARGE = '01JZ8CCCCCCCCCCCCCCCCCCCCC';
const home = {
  list: async ({ where = () => true }: ListQuery = {}) =>
    [transfer(LARGE, 9), transfer(ID), transfer(OLDER)].filter(({ record }) => where(record)),
  listBatches: async () => [batch],
  batchStatus: async () => batch,
};

describe('verbs that know batches', () => {
  it('list has a line for each batch, and none for what belongs to one, unless it is asked for', async () => {
    const context = testContext({ local: () => home });
    expect(await run(['list'], context)).toBe(0);
    const lines = context.stdout.text.trimEnd().split('\n').slice(1);
    expect(lines.map((line) => line.split(' ', 1)[0])).toEqual([BATCH, ID, OLDER]);
    expect(lines[0]).toMatch(/completed \(batch, 2 of 10 missing\) +2 KiB .* urls\.txt +s3:\/\/bucket\/in\//);
    const of = testContext({ local: () => home });
    expect(await run(['list', '--batch', '01jz8b'], of)).toBe(0);
    expect(of.stdout.text).toContain(LARGE);
    expect(of.stdout.text).not.toContain(ID);
    const json = testContext({ local: () => home });
    await run(['list', '--json'], json);
    expect(lastLine(json.stdout.text)).toMatchObject({
      transfers: [{ id: ID }, { id: OLDER }],
      batches: [{ id: BATCH, status: 'completed', isRunning: false }],
    });
    const wrong = testContext({ local: () => home });
    expect(await run(['list', '--batch', ID], wrong)).toBe(8);
    expect(wrong.stderr.text).toContain(`no batch has the id "${ID}"`);
  });

  it('status shows the counters, failures by their cause, and the command that runs them again', async () => {
    const context = testContext({ local: () => home });
    expect(await run(['status', '01JZ8B'], context)).toBe(0);
    expect(context.stdout.text).toContain('entries:     7 brought, 1 unchanged, 2 failed\n');
    expect(context.stdout.text).toContain(
      'failed, SourceNotFound: 2\n  entry 7 x.bin: http://host/x: there is nothing',
    );
    expect(context.stdout.text).toContain('  and 1 more; the report has all\n');
    expect(context.stdout.text).toContain(`to try again what failed: piecework retry ${BATCH}\n`);
    const json = testContext({ local: () => home });
    await run(['status', BATCH, '--json'], json);
    expect(lastLine(json.stdout.text)).toMatchObject({
      type: 'result',
      batch: { id: BATCH, counters: { failed: 2 }, failures: [{ code: 'SourceNotFound', count: 2 }] },
    });
  });

  it('an interrupted one is called so, and what goes on with it is named', async () => {
    const stopped = { ...batch, record: { ...record, status: 'running' as const } };
    const context = testContext({
      local: () => ({ ...home, listBatches: async () => [stopped], batchStatus: async () => stopped }),
    });
    await run(['status', BATCH], context);
    expect(context.stdout.text).toMatch(/state: +interrupted\n/);
    expect(context.stdout.text).toContain(
      `to go on with it: piecework retry ${BATCH}, or the same piecework batch again\n`,
    );
    const secret = { ...stopped, needsList: true };
    const other = testContext({ local: () => ({ ...home, batchStatus: async () => secret }) });
    await run(['status', BATCH], other);
    expect(other.stdout.text).toContain(
      'to go on with it: the same piecework batch again, since its list is not stored',
    );
    expect(other.stdout.text).not.toContain('piecework retry');
  });

  it('cancel and retry go by the kind of the id', async () => {
    const ending = { reason: { code: 'Cancelled', message: 'batch was cancelled' } } as const;
    const cancelled = testContext({
      local: () => ({ ...home, cancelBatch: async () => ({ ...record, status: 'running' as const, ending }) }),
    });
    expect(await run(['cancel', BATCH], cancelled)).toBe(0);
    expect(cancelled.stdout.text).toBe(`${BATCH} running, about to be cancelled\n`);
    const asked: string[] = [];
    const counters = { ...batch.counters, failed: 1 };
    const retried = testContext({
      local: () => ({
        ...home,
        async retryBatch(id) {
          asked.push(id);
          return { batchId: id, status: 'completed', entries: 10, counters, failures: batch.failures, elapsedMs: 10 };
        },
      }),
    });
    expect(await run(['retry', '01JZ8B'], retried)).toBe(9);
    expect(asked).toEqual([BATCH]);
    expect(retried.stderr.text).toContain(`to try again what failed: piecework retry ${BATCH}\n`);
    const source = testContext({ local: () => home });
    expect(await run(['retry', BATCH, '--source', 'https://host/x'], source)).toBe(2);
  });

  it('an id of a batch that is gone is said in a sentence', async () => {
    const gone = async (): Promise<never> => {
      throw new PieceworkError('BatchNotFound', `there is no batch ${BATCH} here`);
    };
    const context = testContext({ local: () => ({ ...home, batchStatus: gone }) });
    expect(await run(['status', BATCH], context)).toBe(8);
  });
});
