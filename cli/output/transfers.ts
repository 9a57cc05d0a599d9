import type { LocalStatus } from '../../lib/index.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { isOver } from '../../lib/transfer/record/record.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { formatBytes } from '../../lib/values/units.ts';
import { describePlan } from './describe.ts';
import { placeText } from './lines.ts';
import type { Glyphs, MappedPieces } from './piece-map.ts';
import { pieceMap } from './piece-map.ts';
import { facts } from './text.ts';
import type { TransferRow } from './transfer-table.ts';
import { waitingState, waitingText } from './waiting.ts';

/** What a person calls its state: an open transfer that no process works on was interrupted, unless it is paused. */
function stateOf({ record, isRunning, isPaused }: LocalStatus): string {
  if (isOver(record)) return record.status;
  if (isPaused === true) return 'paused';
  return isRunning ? record.status : 'interrupted';
}

/** One that no process works on waits for a person. */
function waitingOf({ record, isRunning }: LocalStatus): TransferRecord['waiting'] {
  return isRunning && record.status === 'planning' ? record.waiting : undefined;
}

export function transferRow(transfer: LocalStatus, now: number): TransferRow {
  const { record } = transfer;
  return {
    id: record.id,
    state: waitingState(stateOf(transfer), waitingOf(transfer), now),
    sizeBytes: sizeOf(record),
    createdAt: record.createdAt,
    source: printable(record.request.source.url),
    destination: placeText(record.request.destination),
  };
}

function sizeOf({ result, plan }: TransferRecord): number | undefined {
  return result?.sizeBytes ?? plan?.sizeBytes;
}

export function statusLines(
  transfer: LocalStatus,
  space: { readonly columns: number; readonly glyphs: Glyphs },
  now: number,
): readonly string[] {
  const { record, pieces } = transfer;
  const { request, result, reason, plan } = record;
  const waiting = waitingOf(transfer);
  const lines = facts([
    ['transfer', record.id],
    ['state', `${stateOf(transfer)}${record.run > 1 ? ` (run ${record.run})` : ''}`],
    ['paused', transfer.isPaused === true ? `piecework resume ${record.id} goes on with it` : undefined],
    ['waits', waiting === undefined ? undefined : waitingText(waiting, now)],
    ['source', `${request.source.url}${request.source.withheld ? ' (not stored whole)' : ''}`],
    ['destination', placeText(request.destination)],
    ['plan', plan === undefined ? undefined : describePlan(plan)],
    [
      'pieces',
      pieces === undefined ? undefined : `${pieces.doneCount} of ${pieces.count}, ${formatBytes(pieces.doneBytes)}`,
    ],
    ['began', record.createdAt],
    ['ended', record.endedAt],
    ['reason', reason === undefined ? undefined : `${reason.message} (${reason.code})`],
    ['kept until', record.status === 'failed' && record.upload !== undefined ? record.heldUntil : undefined],
    ['crc32', result?.crc32],
    ...Object.entries(result?.digests ?? {}).map(([name, hex]) => [name, hex] as const),
    ['version', result?.version === 'unverified' ? 'unverified: the source names none' : result?.version],
    ['end', result?.end === 'unproved' ? 'unproved: what ended the source may have been a break' : undefined],
  ]).map(printable);
  const mapped = mappedPieces(transfer);
  return mapped === undefined ? lines : [...lines, ...pieceMap(mapped, { ...space, rows: 8 })];
}

function mappedPieces({ record, pieces }: LocalStatus): MappedPieces | undefined {
  if (pieces === undefined) return undefined;
  const { count, isDone } = pieces;
  // What is in flight, only the process that fetches it knows.
  return { count, isDone, inFlight: () => undefined, isTroubled: (number) => String(number) in record.trouble };
}

/** For a program: the record, and which pieces are done as a text of 0 and 1. */
export function statusJson({ record, pieces, ...standing }: LocalStatus): object {
  if (pieces === undefined) return { ...record, ...standing };
  const { count, doneCount, doneBytes, isDone } = pieces;
  const map = Array.from({ length: count }, (_, index) => (isDone(index + 1) ? '1' : '0')).join('');
  return { ...record, ...standing, pieces: { count, doneCount, doneBytes, map } };
}
