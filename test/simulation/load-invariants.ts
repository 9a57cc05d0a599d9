import { hasPiece, piecesIn } from '../../lib/transfer/plan/piece-set.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';

/** Whose a piece is: of the load of that number, handed back, or by itself. */
export function holderOf({ loads }: TransferRecord, pieceNumber: number): number | 'returned' | undefined {
  if (loads === undefined) return undefined;
  if (hasPiece(loads.returned, pieceNumber)) return 'returned';
  return loads.open.find(({ pieces }) => hasPiece(pieces, pieceNumber))?.number;
}

/** Connections that the pieces on their way may have, counted piece by piece. */
export function connectionsOn(record: TransferRecord, onTheirWay: readonly number[]): number {
  const byHolder = Map.groupBy(onTheirWay, (number) =>
    record.trouble[String(number)] === undefined ? holderOf(record, number) : undefined,
  );
  let connections = 0;
  for (const [holder, numbers] of byHolder) {
    const load = record.loads?.open.find(({ number }) => number === holder);
    if (load !== undefined) connections += Math.min(load.connections, numbers.length);
    else if (holder !== 'returned') connections += numbers.length;
  }
  return connections;
}

/** What a record says of its loads must fit the rest of it. */
export function brokenLoads({ loads, cursor, status }: TransferRecord): string | undefined {
  if (loads === undefined) return undefined;
  if (status !== 'transferring' && status !== 'failed' && status !== 'accepted' && status !== 'planning')
    return status === 'cancelled' ? undefined : `${status} with loads`;
  const seen = new Set<number>();
  for (const { number, pieces } of [...loads.open, { number: 0, pieces: loads.returned }]) {
    if (number >= loads.next) return `load ${number} is not before the next one, ${loads.next}`;
    for (const piece of piecesIn(pieces)) {
      if (piece >= cursor) return `piece ${piece} is in load ${number}, and the cursor is ${cursor}`;
      if (seen.has(piece)) return `piece ${piece} is in two loads`;
      seen.add(piece);
    }
  }
  return undefined;
}
