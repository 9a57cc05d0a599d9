import { decodeTime } from 'ulid';
import { OUTCOME_KINDS } from '../../transfer/batch/outcome.ts';
import type { BatchLifeEvent, PieceworkEvent } from '../../transfer/progress/events.ts';
import type { Instant } from '../../values/time.ts';
import type { MetricUnit, Series } from './emf.ts';
import { emfLines } from './emf.ts';

type BatchEnd = Exclude<BatchLifeEvent, { readonly type: 'batch.accepted' }>;

export interface MetricsOptions {
  /** CloudWatch's, such as `Piecework`. */
  readonly namespace: string;
  /** Those that every metric has. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Takes one line of JSON. @default standard output, where Lambda's log is */
  readonly write?: (line: string) => void;
  /** @default Date.now */
  readonly now?: () => Instant;
}

export interface Metrics {
  /** A subscriber. */
  event(event: PieceworkEvent): void;
  /** A number of one's own. @default unit Count */
  measure(name: string, value: number, unit?: MetricUnit): void;
  /** Writes what was counted since the last time; a function does so before it returns. */
  flush(): void;
}

/**
 * CloudWatch metrics without a request: counted here, written into the log as Embedded Metric Format.
 *
 * | metric | dimensions besides | counted at |
 * | --- | --- | --- |
 * | Transfers | end (`completed`, `failed`, `cancelled`) | each end |
 * | Failures | code | each end that is `failed` |
 * | TransferMs | | each completed first run, from submit to end |
 * | Pieces, Bytes | | each piece done |
 * | Retries | code | each piece or plan that is tried again |
 * | Rescues | | each piece that is asked for once more because it is slow |
 * | SourceStatus | status | each failed piece that the source answered |
 * | Batches | end (`completed`, `failed`, `cancelled`) | each end of a batch |
 * | BatchMs | | each completed first run of a batch, from submit to end |
 * | BatchEntries | outcome (`done`, `unchanged`, `failed`, `cancelled`) | each end of a batch |
 * | BatchBytes | | each end of a batch: of the entries that were brought |
 */
export function emfMetrics({
  namespace,
  dimensions: common,
  write = toStdout,
  now = Date.now,
}: MetricsOptions): Metrics {
  const series = new Map<string, Series>();

  function find(name: string, unit: MetricUnit, dimensions: Readonly<Record<string, string>>): Series {
    const key = JSON.stringify([name, dimensions]);
    const known = series.get(key);
    if (known !== undefined) return known;
    const fresh: Series = { name, unit, dimensions: { ...common, ...dimensions }, values: [] };
    series.set(key, fresh);
    return fresh;
  }

  /** Sums up. */
  function count(
    name: string,
    by: number,
    dimensions: Readonly<Record<string, string>> = {},
    unit: MetricUnit = 'Count',
  ): void {
    const { values } = find(name, unit, dimensions);
    values[0] = (values[0] ?? 0) + by;
  }

  function countBatch({ type, counters }: BatchEnd): void {
    count('Batches', 1, { end: type.slice('batch.'.length) });
    for (const kind of OUTCOME_KINDS) if (counters[kind] > 0) count('BatchEntries', counters[kind], { outcome: kind });
    count('BatchBytes', counters.bytes, {}, 'Bytes');
  }

  return {
    event(event) {
      switch (event.type) {
        case 'completed':
          count('Transfers', 1, { end: event.type });
          // The id holds the time of the submit; what a retry adds to it says nothing about us.
          if (event.run === 1) find('TransferMs', 'Milliseconds', {}).values.push(now() - decodeTime(event.transferId));
          return;
        case 'failed':
        case 'cancelled':
          count('Transfers', 1, { end: event.type });
          if (event.type === 'failed') count('Failures', 1, { code: event.reason.code });
          return;
        case 'batch.completed':
          if (event.run === 1) find('BatchMs', 'Milliseconds', {}).values.push(now() - decodeTime(event.batchId));
          countBatch(event);
          return;
        case 'batch.failed':
        case 'batch.cancelled':
          countBatch(event);
          return;
        case 'piece.done':
          count('Pieces', 1);
          count('Bytes', event.bytes, {}, 'Bytes');
          return;
        case 'left':
          count('LeftBehind', 1);
          return;
        case 'piece.rescued':
          count('Rescues', 1);
          return;
        case 'piece.failed': {
          const status = event.error.details?.sourceStatus;
          if (status !== undefined) count('SourceStatus', 1, { status: String(status) });
          return;
        }
        case 'piece.requeued':
          count('Retries', 1, { code: event.error.code });
          return;
        case 'retrying':
          count('Retries', 1, { code: event.reason.code });
          return;
        default:
          return;
      }
    },

    measure: (name, value, unit = 'Count') => void find(name, unit, {}).values.push(value),

    flush() {
      for (const line of emfLines(namespace, [...series.values()], now())) write(line);
      series.clear();
    },
  };
}

function toStdout(line: string): void {
  process.stdout.write(`${line}\n`);
}
