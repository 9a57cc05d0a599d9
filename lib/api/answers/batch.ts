import type { BatchView } from '../../pipeline/requests/batches/batch-view.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { isBatchOver, runOf } from '../../transfer/batch/batch-record.ts';
import type { Board } from '../../transfer/batch/fleet/board.ts';
import type { Counters, Outcome } from '../../transfer/batch/outcome.ts';
import { total } from '../../transfer/batch/outcome.ts';
import type { PieceSet } from '../../transfer/plan/piece-set.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import type { Batch, BatchDetail, OutcomePage } from '../schemas/batches/answers.ts';
import { viewReason } from './view.ts';

type ShownOutcome = OutcomePage['outcomes'][number];

/** A batch as the API shows it. */
export function viewBatch(record: BatchRecord, basePath: string): Batch {
  const { id, owner = 'local', status, list, destination, createdAt } = record;
  const { actedBy, hooks, runAt, heldUntil, ending, reason, counters, report } = record;
  const self = `${basePath}/v1/batches/${id}`;
  const isRead = list.shards > 0 || isBatchOver(record);
  return {
    id,
    owner,
    status,
    run: runOf(record),
    list: {
      from: list.from,
      ...stated({
        format: list.format === '' ? undefined : list.format,
        sha256: list.sha256 === '' ? undefined : list.sha256,
        entries: isRead ? list.entries : undefined,
        notes: list.notes === undefined ? undefined : [...list.notes],
      }),
    },
    destination,
    createdAt,
    ...stated({
      actedBy: actedBy ?? ending?.actedBy,
      notified: hooks,
      runAt,
      endedAt: record.endedAt ?? (isBatchOver(record) ? record.updatedAt : undefined),
      heldUntil,
      ending: ending === undefined ? undefined : viewReason(ending.reason),
      reason: reason === undefined ? undefined : viewReason(reason),
      counters,
      report,
    }),
    links: {
      self,
      outcomes: `${self}/outcomes`,
      report: `${self}/report`,
      transfers: `${basePath}/v1/transfers?batch=${id}`,
      cancel: `${self}/cancel`,
      retry: `${self}/retry`,
    },
  };
}

export function viewBatchDetail(record: BatchRecord, view: BatchView, basePath: string, now: Instant): BatchDetail {
  const { counters, failures, board } = view;
  return {
    ...viewBatch(record, basePath),
    counters,
    failures: failures.map(({ code, count, examples }) => ({ code, count, examples: examples.map(viewOutcome) })),
    progress: progressOf(record, counters, now),
    hosts: board === undefined ? [] : hostsOf(board),
    openLarge: Object.values(board?.large ?? {}).reduce((sum, { left }) => sum + left, 0),
  };
}

export function viewOutcome({ error, digests, ...outcome }: Outcome): ShownOutcome {
  return {
    ...outcome,
    ...stated({
      digests: digests === undefined ? undefined : stated(digests),
      error: error === undefined ? undefined : viewReason(error),
    }),
  };
}

function progressOf(record: BatchRecord, counters: Counters, now: Instant): BatchDetail['progress'] {
  const { list, status, createdAt } = record;
  const over = total(counters);
  const percent = list.entries === 0 ? undefined : Math.min(100, Math.floor((over * 100) / list.entries));
  const seconds = (now - fromIso(createdAt)) / 1000;
  if (status !== 'running' || runOf(record) > 1 || over === 0 || seconds <= 0) return stated({ percent });
  const entriesPerSecond = over / seconds;
  return stated({
    percent,
    entriesPerSecond: Math.round(entriesPerSecond * 100) / 100,
    bytesPerSecond: Math.round(counters.bytes / seconds),
    remainingSeconds: Math.ceil((list.entries - over) / entriesPerSecond),
  });
}

function hostsOf({ hosts, inFlight }: Board): BatchDetail['hosts'] {
  const flying = Object.values(inFlight);
  return Object.entries(hosts)
    .map(([host, { waiting, places, closedUntil }]) => ({
      host,
      waitingShards: sizeOf(waiting),
      inFlightShards: flying.filter((one) => one.host === host).length,
      places,
      ...stated({ closedUntil }),
    }))
    .filter(({ waitingShards, inFlightShards }) => waitingShards + inFlightShards > 0);
}

function sizeOf(set: PieceSet): number {
  return set.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
