import type { TransferStatus } from '../../pipeline/requests/query.ts';
import type { PieceSet } from '../../transfer/plan/piece-set.ts';
import { pieceSet } from '../../transfer/plan/piece-set.ts';
import { pieceRange } from '../../transfer/plan/plan.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { rangeLength } from '../../values/ranges.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import type { LiveTransfer } from '../live.ts';
import type { TransferDetail } from '../schemas/transfer.ts';

type Pieces = NonNullable<TransferDetail['pieces']>;

const MOST_TROUBLE_SHOWN = 100;
const MOST_IN_FLIGHT_SHOWN = 256;

export function viewPieces(
  record: TransferRecord,
  { count, doneCount, isDone }: NonNullable<TransferStatus['pieces']>,
  live: LiveTransfer | undefined,
  now: Instant,
): Pieces {
  const done = Array.from({ length: count }, (_, index) => index + 1).filter(isDone);
  const sentAndDone = done.filter((number) => number < record.cursor).length;
  return {
    count,
    doneCount,
    inFlightCount: record.status === 'transferring' ? record.cursor - 1 - sentAndDone : 0,
    inFlight: live === undefined ? sentAndNotDone(record, isDone, now) : viewInFlight(live.inFlight),
    doneRanges: viewRanges(pieceSet(0, done)),
    ...viewTrouble(record, isDone),
  };
}

export function viewRanges(set: PieceSet): Pieces['doneRanges'] {
  return set.map(([first, last]): [number, number] => [first, last]);
}

export function viewInFlight(pieces: LiveTransfer['inFlight']): NonNullable<Pieces['inFlight']> {
  return pieces.slice(0, MOST_IN_FLIGHT_SHOWN).map((piece) => ({ ...piece }));
}

export function viewTrouble(
  record: TransferRecord,
  isDone: (pieceNumber: number) => boolean,
): Pick<Pieces, 'trouble' | 'troubleCount'> {
  const trouble = Object.entries(record.trouble)
    .map(([number, { attempt, failures, waits, code, notBefore }]) => ({
      pieceNumber: Number(number),
      attempt,
      failures,
      waits,
      code,
      ...stated({ notBefore }),
    }))
    .filter(({ pieceNumber }) => !isDone(pieceNumber))
    .sort((a, b) => a.pieceNumber - b.pieceNumber);
  return { troubleCount: trouble.length, trouble: trouble.slice(0, MOST_TROUBLE_SHOWN) };
}

/** What record and ledger say where the pieces are fetched elsewhere: nothing of how far each is. */
function sentAndNotDone(
  { status, plan, cursor, trouble }: TransferRecord,
  isDone: (pieceNumber: number) => boolean,
  now: Instant,
): NonNullable<Pieces['inFlight']> {
  if (status !== 'transferring' || plan?.mode !== 'pieces') return [];
  const found: NonNullable<Pieces['inFlight']> = [];
  for (let pieceNumber = 1; pieceNumber < cursor && found.length < MOST_IN_FLIGHT_SHOWN; pieceNumber += 1) {
    const notBefore = trouble[String(pieceNumber)]?.notBefore;
    const isPutOff = notBefore !== undefined && fromIso(notBefore) > now;
    if (isDone(pieceNumber) || isPutOff) continue;
    found.push({ pieceNumber, sizeBytes: rangeLength(pieceRange(plan, pieceNumber)) });
  }
  return found;
}
