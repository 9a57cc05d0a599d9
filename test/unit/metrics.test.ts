import { decodeTime } from 'ulid';
import { describe, expect, it } from 'vitest';
import { LEFT_METRIC } from '../../lib/aws/names.ts';
import { emfMetrics } from '../../lib/events/metrics/events.ts';

const transferId = '01KB1VY4M7XWQ8N5T2R9C3D6EF';
const submittedAt = decodeTime(transferId);
const result = { sizeBytes: 1, version: 'validator', digests: {} } as const;
const reason = { code: 'SourceBusy', message: 'm' } as const;

interface Line {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [field: string]: unknown;
}

function bench() {
  const written: string[] = [];
  const metrics = emfMetrics({
    namespace: 'Piecework',
    dimensions: { deployment: 'Files', service: 'piecework-fetcher' },
    write: (line) => written.push(line),
    now: () => submittedAt + 5000,
  });
  /** `name{dimensions} = value`, as CloudWatch would read it. */
  const flushed = () => {
    metrics.flush();
    return written.splice(0).flatMap((text) => {
      const line = JSON.parse(text) as Line;
      return line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
        Metrics.map(({ Name, Unit }) => {
          const dimensions = (Dimensions[0] ?? []).map((name) => `${name}=${String(line[name])}`).join(',');
          return [`${Namespace}/${Name}{${dimensions}}`, Unit, line[Name]] as const;
        }),
      );
    });
  };
  return { metrics, flushed, written };
}

const S = 'deployment=Files,service=piecework-fetcher';

describe('metrics', () => {
  it('count transfers by end, and time those that completed at the first run', () => {
    const { metrics, flushed } = bench();
    metrics.event({ type: 'completed', transferId, run: 1, result });
    metrics.event({ type: 'completed', transferId, run: 2, result });
    metrics.event({ type: 'failed', transferId, run: 1, reason });
    metrics.event({ type: 'cancelled', transferId, run: 1, reason });
    metrics.event({ type: 'failed', transferId, run: 1, reason });
    expect(flushed().sort()).toEqual([
      [`Piecework/Failures{${S},code=SourceBusy}`, 'Count', 2],
      [`Piecework/TransferMs{${S}}`, 'Milliseconds', 5000],
      [`Piecework/Transfers{${S},end=cancelled}`, 'Count', 1],
      [`Piecework/Transfers{${S},end=completed}`, 'Count', 2],
      [`Piecework/Transfers{${S},end=failed}`, 'Count', 2],
    ]);
  });

  it('count batches by end, their entries by outcome, and what they brought', () => {
    const { metrics, flushed } = bench();
    const batch = { batchId: transferId, run: 1, entries: 7 } as const;
    const counters = { done: 3, unchanged: 0, failed: 2, cancelled: 0, bytes: 500 };
    metrics.event({ type: 'batch.accepted', batchId: transferId, run: 1, list: 'l', destination: 'd' });
    metrics.event({ ...batch, type: 'batch.completed', counters });
    metrics.event({ ...batch, type: 'batch.completed', run: 2, counters });
    metrics.event({ ...batch, type: 'batch.failed', counters: { ...counters, done: 0, failed: 0, bytes: 0 }, reason });
    metrics.event({ ...batch, type: 'batch.cancelled', counters: { ...counters, cancelled: 4 }, reason });
    expect(flushed().sort()).toEqual([
      [`Piecework/BatchBytes{${S}}`, 'Bytes', 1500],
      [`Piecework/BatchEntries{${S},outcome=cancelled}`, 'Count', 4],
      [`Piecework/BatchEntries{${S},outcome=done}`, 'Count', 9],
      [`Piecework/BatchEntries{${S},outcome=failed}`, 'Count', 6],
      [`Piecework/BatchMs{${S}}`, 'Milliseconds', 5000],
      [`Piecework/Batches{${S},end=cancelled}`, 'Count', 1],
      [`Piecework/Batches{${S},end=completed}`, 'Count', 2],
      [`Piecework/Batches{${S},end=failed}`, 'Count', 1],
    ]);
  });

  it('sum up pieces and bytes, retries by code, and what sources answered', () => {
    const { metrics, flushed, written } = bench();
    for (const bytes of [10, 20, 30])
      metrics.event({ type: 'piece.done', transferId, pieceNumber: 1, bytes, elapsedMs: 1 });
    const failure = { type: 'piece.failed', transferId, pieceNumber: 1, attempt: 1 } as const;
    metrics.event({ ...failure, error: { ...reason, details: { sourceStatus: 503 } } });
    metrics.event({ ...failure, error: { ...reason, details: { sourceStatus: 503 } } });
    metrics.event({ ...failure, error: { ...reason, details: { sourceStatus: 429 } } });
    metrics.event({ ...failure, error: { code: 'SourceReset', message: 'm' } });
    metrics.event({ type: 'piece.requeued', transferId, pieceNumber: 1, attempt: 2, delayMs: 1, error: reason });
    metrics.event({ type: 'retrying', transferId, reason, delayMs: 1 });
    const left = { code: 'DestinationWithdrawn', message: 'm' } as const;
    metrics.event({ type: 'left', transferId, what: 'upload', target: 's3://b/k', uploadId: 'u', reason: left });
    metrics.event({ type: 'piece.rescued', transferId, pieceNumber: 1, restBytes: 1, afterMs: 1 });
    metrics.event({
      type: 'piece.requeued',
      transferId,
      pieceNumber: 1,
      attempt: 2,
      delayMs: 1,
      error: { code: 'SourceReset', message: 'm' },
    });
    expect(written).toEqual([]);
    expect(flushed().sort()).toEqual([
      [`Piecework/Bytes{${S}}`, 'Bytes', 60],
      [`Piecework/${LEFT_METRIC}{${S}}`, 'Count', 1],
      [`Piecework/Pieces{${S}}`, 'Count', 3],
      [`Piecework/Rescues{${S}}`, 'Count', 1],
      [`Piecework/Retries{${S},code=SourceBusy}`, 'Count', 2],
      [`Piecework/Retries{${S},code=SourceReset}`, 'Count', 1],
      [`Piecework/SourceStatus{${S},status=429}`, 'Count', 1],
      [`Piecework/SourceStatus{${S},status=503}`, 'Count', 2],
    ]);
  });

  it('are written once, one line for each set of dimensions', () => {
    const { metrics, flushed, written } = bench();
    metrics.event({ type: 'piece.done', transferId, pieceNumber: 1, bytes: 10, elapsedMs: 1 });
    metrics.measure('StuckTransfers', 0);
    metrics.flush();
    expect(written).toHaveLength(1);
    expect(JSON.parse(written[0] ?? '')).toMatchObject({
      _aws: { Timestamp: submittedAt + 5000 },
      Pieces: 1,
      Bytes: 10,
      StuckTransfers: 0,
    });
    written.length = 0;
    expect(flushed()).toEqual([]);
  });

  it('tell nothing of what is no metric', () => {
    const { metrics, flushed } = bench();
    metrics.event({ type: 'piece.progress', transferId, pieceNumber: 1, bytes: 1 });
    metrics.event({ type: 'finalizing', transferId });
    expect(flushed()).toEqual([]);
  });

  it('keep each value that was measured, a hundred to a line as CloudWatch wants them', () => {
    const { metrics, flushed, written } = bench();
    for (let value = 1; value <= 250; value += 1) metrics.measure('Depth', value, 'Count');
    metrics.flush();
    expect(written).toHaveLength(3);
    const values = written.flatMap((text) => (JSON.parse(text) as Line)['Depth'] as number[]);
    expect(values).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
    written.length = 0;
    expect(flushed()).toEqual([]);
  });

  it('of a hundred and more names go on several lines, none lost', () => {
    const { metrics, flushed, written } = bench();
    const names = Array.from({ length: 150 }, (_, index) => `M${index}`);
    for (const name of names) metrics.measure(name, 1);
    metrics.flush();
    for (const text of written)
      expect((JSON.parse(text) as Line)._aws.CloudWatchMetrics[0]?.Metrics.length).toBeLessThanOrEqual(100);
    expect(written).toHaveLength(2);
    written.length = 0;
    expect(flushed()).toEqual([]);
  });
});
