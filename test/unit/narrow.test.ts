import { describe, expect, it } from 'vitest';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { TransferRecord, TransferResult } from '../../lib/transfer/record/record.ts';
import { accepted, CANCELLED, transferring } from '../support/a-transfer.ts';

const RESULT: TransferResult = { sizeBytes: 100, version: 'validator', digests: {} };
const SINGLE = { mode: 'single', sizeBytes: 100 } as const;

type Field = 'plan' | 'planId' | 'snapshot' | 'upload' | 'result' | 'reason';

function without(record: TransferRecord, field: Field): TransferRecord {
  const { [field]: _, ...rest } = record;
  return rest;
}

const { upload: _, ...put } = transferring({ status: 'finalizing', plan: SINGLE });
const whole: readonly (readonly [string, TransferRecord, readonly Field[]])[] = [
  ['accepted', accepted(), []],
  ['planning', { ...accepted(), status: 'planning', planId: 'plan1' }, []],
  ['planning once more, without a plan id', { ...accepted(), status: 'planning' }, []],
  ['transferring in pieces', transferring(), ['plan', 'planId', 'snapshot', 'upload']],
  [
    'a stream',
    transferring({ plan: { mode: 'stream', pieceSizeBytes: 10 } }),
    ['plan', 'planId', 'snapshot', 'upload'],
  ],
  ['finalizing', transferring({ status: 'finalizing' }), ['plan', 'planId', 'snapshot', 'upload']],
  ['a single put', put, ['plan', 'planId', 'snapshot']],
  ['completed', transferring({ status: 'completed', result: RESULT }), ['planId', 'result']],
  ['failed', { ...accepted(), status: 'failed', reason: CANCELLED }, ['reason']],
  ['cancelled', { ...accepted(), status: 'cancelled', reason: CANCELLED }, ['reason']],
];

describe.each(whole)('a record that is %s', (_name, record, needed) => {
  it('is itself, with what its status makes certain', () => {
    expect(narrow(record)).toBe(record);
  });

  it.each(needed)('contradicts itself without its %s', (field) => {
    expect(() => narrow(without(record, field))).toThrow(
      expect.objectContaining({
        code: 'RecordCorrupt',
        message: expect.stringContaining(`it is ${record.status} and has no`),
      }),
    );
  });
});

it.each<readonly [string, TransferRecord]>([
  ['transferring what a single put brings', transferring({ plan: SINGLE } as Partial<TransferRecord>)],
  ['of a status that nobody knows', { ...accepted(), status: 'paused' as 'planning' }],
])('a record that is %s contradicts itself', (_name, record) => {
  expect(() => narrow(record)).toThrow(expect.objectContaining({ code: 'RecordCorrupt' }));
});
