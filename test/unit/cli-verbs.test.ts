import { describe, expect, it } from 'vitest';
import { run } from '../../cli/run.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { LocalStatus } from '../../lib/index.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { newRecord } from '../../lib/transfer/record/record.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { testContext } from '../support/cli-context.ts';
import { ID, lastLine, report } from '../support/cli-local.ts';

const OTHER = '01JZ8BBBBBBBBBBBBBBBBBBBBB';
const THIRD = '01JZ8000000000000000000003';

function record(id: string, more: Partial<TransferRecord> = {}): TransferRecord {
  const request = {
    source: { url: 'https://host/file.bin', withheld: false },
    destination: { kind: 's3', bucket: 'bucket', key: `key-${id}` },
    object: {},
    options: DEFAULT_OPTIONS,
  } as const;
  return { ...newRecord(id, 'local', request, 1_699_999_000_000), rev: 1, writeId: 'w', ...more };
}

const plan = { mode: 'pieces', sizeBytes: 40, pieceSizeBytes: 10, pieceCount: 4 } as const;

const open: LocalStatus = {
  record: record(ID, {
    status: 'transferring',
    plan,
    trouble: { 3: { attempt: 2, failures: 1, waits: 0, code: 'SourceReset' } },
  }),
  isRunning: false,
  pieces: { count: 4, doneCount: 2, doneBytes: 20, parts: [], listedAfter: 0, isDone: (number) => number <= 2 },
};

const ended: LocalStatus = { record: record(OTHER, { status: 'completed', result: report.result }), isRunning: false };

describe('the other verbs', () => {
  const both = { list: async () => [open, ended], status: async (id: string) => (id === ID ? open : ended) };

  it('list shows a table, or JSON', async () => {
    const context = testContext({ isTTY: true, columns: 80, local: () => both });
    expect(await run(['list'], context)).toBe(0);
    const lines = context.stdout.text.split('\n');
    expect(lines[0]).toMatch(/^ID +STATE +SIZE +AGE +SOURCE +DESTINATION$/);
    expect(lines[1]).toMatch(new RegExp(`^${ID} +interrupted +40 B +16m40s +htt.+  s3:`));
    expect(lines[2]).toMatch(new RegExp(`^${OTHER} +completed +64 MiB +16m40s `));
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    const json = testContext({ local: () => both });
    await run(['ls', '--json'], json);
    expect(lastLine(json.stdout.text)).toMatchObject({
      type: 'result',
      transfers: [{ id: ID, isRunning: false, pieces: { doneCount: 2, map: '1100' } }, { id: OTHER }],
    });
    const none = testContext({ local: () => ({ list: async () => [] }) });
    expect(await run(['list'], none)).toBe(0);
    expect([none.stdout.text, none.stderr.text]).toEqual(['', 'no transfers\n']);
  });

  it('list shows the newest 20 in a table, and says how to see more; a program gets all', async () => {
    const many = Array.from({ length: 23 }, () => ended);
    const listed = async (...args: readonly string[]) => {
      const context = testContext({ local: () => ({ list: async () => many }) });
      const exit = await run(['list', ...args], context);
      return { exit, lines: context.stdout.text.trimEnd().split('\n'), said: context.stderr.text };
    };
    const usual = await listed();
    expect(usual.lines).toHaveLength(1 + 20);
    expect(usual.said).toBe('there are older ones; --all or --limit N shows more\n');
    expect(await listed('--all')).toMatchObject({ exit: 0, lines: { length: 1 + 23 }, said: '' });
    expect(await listed('--limit', '22')).toMatchObject({
      lines: { length: 1 + 22 },
      said: expect.stringContaining('there are older ones'),
    });
    expect(JSON.parse((await listed('--json')).lines[0] ?? '')).toMatchObject({ transfers: { length: 23 } });
    expect(JSON.parse((await listed('--json', '--limit', '2')).lines[0] ?? '')).toMatchObject({
      transfers: { length: 2 },
    });
    for (const wrong of [
      ['--limit', '0'],
      ['--limit', 'x'],
      ['--all', '--limit', '3'],
    ])
      expect((await listed(...wrong)).exit).toBe(2);
  });

  it('status shows one, with its piece map, by the beginning of its id', async () => {
    const context = testContext({ environment: { LANG: 'C.UTF-8' }, local: () => both });
    expect(await run(['status', '01jz8a'], context)).toBe(0);
    expect(context.stdout.text).toContain('state:       interrupted\n');
    expect(context.stdout.text).toMatch(/\n██!·\n$/);
  });

  it('an id that says too little, or nothing, is refused', async () => {
    const several = testContext({ local: () => both });
    expect(await run(['status', '01JZ8'], several)).toBe(2);
    expect(several.stderr.text).toBe(
      `piecework: 2 transfers have an id that begins with "01JZ8": ${ID}, ${OTHER}; give more of it\n`,
    );
    const none = testContext({ local: () => both });
    expect(await run(['cancel', '01JZ9'], none)).toBe(8);
  });

  it('cancel says what became of it', async () => {
    const context = testContext({
      local: () => ({ ...both, cancel: async (id) => record(id, { status: 'cancelled' }) }),
    });
    expect(await run(['cancel', ID.slice(0, 7)], context)).toBe(0);
    expect(context.stdout.text).toBe(`${ID} cancelled\n`);
  });

  it('retry hands over a new source', async () => {
    const calls: unknown[] = [];
    const context = testContext({
      local: () => ({
        ...both,
        async retry(id, options) {
          calls.push([id, options]);
          return report;
        },
      }),
    });
    expect(await run(['retry', ID, '--source', 'https://h/f?sig=2', '-H', 'Accept: x'], context)).toBe(0);
    expect(await run(['retry', ID], context)).toBe(0);
    expect(calls).toEqual([
      [ID, { source: { url: 'https://h/f?sig=2', headers: { accept: 'x' } } }],
      [ID, {}],
    ]);
  });

  it('clean says what it gave up, what it left, and fails with what it could not', async () => {
    const context = testContext({
      local: () => ({
        async clean(options) {
          expect(options).toEqual({ olderThanMs: 86_400_000, history: true });
          const error = new PieceworkError('DestinationDenied', 'no right to abort');
          return {
            cleaned: [record(ID, { status: 'cancelled' })],
            failed: [{ transferId: OTHER, error }],
            running: ['x'],
            forgotten: ['y', 'z'],
            batches: { cleaned: [THIRD], forgotten: ['w'] },
          };
        },
      }),
    });
    expect(await run(['clean', '--older-than', '1d', '--history'], context)).toBe(6);
    expect(context.stdout.text).toBe(`${ID} s3://bucket/key-${ID}\n${THIRD}\n`);
    expect(context.stderr.text).toContain(`${OTHER} not cleaned: no right to abort\n1 transfer left alone: running\n`);
    expect(context.stderr.text).toContain(
      '1 transfer cleaned\n1 unfinished batch given up\n2 ended transfers forgotten\n1 ended batch forgotten\n',
    );
  });

  it('clean names a batch that it could not clean, too', async () => {
    const error = new PieceworkError('RecordCorrupt', 'the record is damaged');
    const batches = { cleaned: [], forgotten: [], failed: [{ batchId: THIRD, error }] };
    const clean = async () => ({ cleaned: [], failed: [], running: [], forgotten: [], batches });
    const people = testContext({ local: () => ({ clean }) });
    expect(await run(['clean'], people)).toBe(8);
    expect(people.stderr.text).toContain(`${THIRD} not cleaned: the record is damaged\n`);
    const program = testContext({ local: () => ({ clean }) });
    await run(['clean', '--json'], program);
    const failed = [{ batchId: THIRD, code: 'RecordCorrupt', message: 'the record is damaged' }];
    expect(JSON.parse(program.stdout.text.split('\n')[0] ?? '')).toMatchObject({ batches: { failed } });
  });
});
