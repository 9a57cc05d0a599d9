import type { Transfer, TransferDetail } from '../../lib/api/schemas/transfer.ts';
import type { PieceSet } from '../../lib/transfer/plan/piece-set.ts';
import { hasPiece } from '../../lib/transfer/plan/piece-set.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { formatBytes, formatDuration } from '../../lib/values/units.ts';
import { usedText } from '../output/cost.ts';
import { placeText } from '../output/lines.ts';
import type { Glyphs } from '../output/piece-map.ts';
import { pieceMap } from '../output/piece-map.ts';
import { count, facts } from '../output/text.ts';
import type { TransferRow } from '../output/transfer-table.ts';
import { waitingState, waitingText } from '../output/waiting.ts';

/* A deployment's transfers for people: the same words and columns as for those of this machine. */

export function remoteRow(transfer: Transfer, now: number): TransferRow {
  const { id, status, waiting, paused, waitingPosition, plan, result, createdAt, source, destination } = transfer;
  return {
    id,
    state: paused === true ? 'paused' : waitingPosition === undefined ? waitingState(status, waiting, now) : 'waiting',
    sizeBytes: result?.sizeBytes ?? plan?.sizeBytes,
    createdAt,
    source: printable(source.url),
    destination: destinationText(destination),
  };
}

export function remoteStatusLines(
  transfer: TransferDetail,
  space: { readonly columns: number; readonly glyphs: Glyphs },
  now: number,
): readonly string[] {
  const {
    waiting,
    warnings = [],
    run,
    paused,
    priority,
    waitingPosition,
    ending,
    source,
    plan,
    pieces,
    piecesUnavailable,
    reason,
    result,
  } = transfer;
  const lines = facts([
    ['transfer', transfer.id],
    [
      'state',
      `${transfer.status}${ending === undefined ? '' : ` (about to be ${ending})`}${run > 1 ? ` (run ${run})` : ''}`,
    ],
    ['paused', paused === true ? `piecework resume ${transfer.id} goes on with it` : undefined],
    ['priority', priority === undefined ? undefined : String(priority)],
    ['in the queue', waitingPosition === undefined ? undefined : `number ${waitingPosition}`],
    ['waits', waiting === undefined ? undefined : waitingText(waiting, now)],
    ['owner', transfer.owner],
    ['labels', labelsText(transfer.labels)],
    ['acted by', transfer.actedBy],
    ['source', source.url],
    ['destination', destinationText(transfer.destination)],
    ['plan', plan === undefined ? undefined : planText(plan)],
    ...warnings.map((warning) => ['warning', warning] as const),
    ['progress', progressText(transfer)],
    [
      'pieces',
      pieces === undefined
        ? undefined
        : `${pieces.doneCount} of ${pieces.count}, ${pieces.inFlightCount} in flight, ${pieces.troubleCount} in trouble`,
    ],
    ['pieces', piecesUnavailable === undefined ? undefined : `unknown: ${piecesUnavailable.message}`],
    ...(pieces?.trouble ?? [])
      .slice(0, 5)
      .map(
        ({ pieceNumber, failures, waits, code }) =>
          ['trouble', `piece ${pieceNumber}: ${code}, ${count(failures, 'failure')}, ${count(waits, 'wait')}`] as const,
      ),
    ['began', transfer.createdAt],
    ['ended', transfer.endedAt],
    ['reason', reason === undefined ? undefined : `${reason.message} (${reason.code})`],
    ['used', transfer.used === undefined ? undefined : usedText(transfer.used)],
    ['kept until', transfer.heldUntil],
    ['crc32', result?.crc32],
    ...Object.entries(result?.digests ?? {}),
    ['version', result?.version === 'unverified' ? 'unverified: the source names none' : result?.version],
    ['end', result?.end === 'unproved' ? 'unproved: what ended the source may have been a break' : undefined],
  ]).map(printable);
  return pieces === undefined ? lines : [...lines, ...remoteMap(pieces, { ...space, rows: 8 })];
}

function labelsText(labels: Transfer['labels']): string | undefined {
  return labels === undefined
    ? undefined
    : Object.entries(labels)
        .map((pair) => pair.join('='))
        .join(', ');
}

function remoteMap(
  { count: all, doneRanges, trouble }: NonNullable<TransferDetail['pieces']>,
  space: { readonly columns: number; readonly rows: number; readonly glyphs: Glyphs },
): readonly string[] {
  const done: PieceSet = doneRanges;
  const troubled = new Set(trouble.map(({ pieceNumber }) => pieceNumber));
  return pieceMap(
    {
      count: all,
      isDone: (number) => hasPiece(done, number),
      inFlight: () => undefined,
      isTroubled: (number) => troubled.has(number),
    },
    space,
  );
}

/** `40%, 40 MiB of 100 MiB, 5 MiB/s, 12s left`; `undefined` while nothing is known. */
export function progressText({ progress }: TransferDetail): string | undefined {
  const { doneBytes, sizeBytes, percent, bytesPerSecond, remainingSeconds } = progress;
  if (doneBytes === undefined) return undefined;
  return [
    ...(percent === undefined ? [] : [`${percent}%`]),
    sizeBytes === undefined ? formatBytes(doneBytes) : `${formatBytes(doneBytes)} of ${formatBytes(sizeBytes)}`,
    ...(bytesPerSecond === undefined ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
    ...(remainingSeconds === undefined ? [] : [`${formatDuration(remainingSeconds * 1000)} left`]),
  ].join(', ');
}

export function destinationText(destination: Transfer['destination']): string {
  return placeText(destination);
}

function planText({ mode, sizeBytes, pieceSizeBytes, pieceCount }: NonNullable<Transfer['plan']>): string {
  const size = sizeBytes === undefined ? 'an unknown number of bytes' : formatBytes(sizeBytes);
  if (mode === 'single') return `${size} in one piece`;
  if (mode === 'stream' || pieceCount === undefined || pieceSizeBytes === undefined) return `${size} on one connection`;
  return `${size} in ${count(pieceCount, 'piece')} of ${formatBytes(pieceSizeBytes)}`;
}
