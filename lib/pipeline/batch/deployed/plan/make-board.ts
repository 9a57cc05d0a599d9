import { KEYS } from '../../../../records/records.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { runOf } from '../../../../transfer/batch/batch-record.ts';
import type { Board } from '../../../../transfer/batch/fleet/board.ts';
import { MIXED, newBoard } from '../../../../transfer/batch/fleet/board.ts';
import { isThere } from '../../../../transfer/batch/outcome.ts';
import type { Sums } from '../../../../transfer/batch/sums.ts';
import { NO_SUMS, plus, sumsOf } from '../../../../transfer/batch/sums.ts';
import { pieceSet } from '../../../../transfer/plan/piece-set.ts';
import { toIso } from '../../../../values/time.ts';
import { changeDocument } from '../../../shared/batches/documents.ts';
import type { Ports } from '../../../shared/ports.ts';
import { sideBySide } from '../../../shared/side-by-side.ts';
import type { ShardIndex } from '../../run-shards.ts';
import { loadIndex } from '../entries/shard-index.ts';

const SIDE_BY_SIDE = 16;

/** The board of the batch's run, unless it is there. In a further run, shards in which all is there are complete. */
export async function makeBoard(ports: Ports, batch: BatchRecord): Promise<void> {
  const run = runOf(batch);
  const there = await ports.records.get(KEYS.board(batch.id));
  if ((there?.value.run ?? 0) >= run) return;
  const shards = await loadIndex(ports, batch);
  const done = run === 1 ? { complete: [], sums: NO_SUMS } : await doneBefore(ports, batch.id, shards);
  const complete = new Set(done.complete);
  const byHost = Map.groupBy(
    shards.filter(({ number }) => !complete.has(number)),
    ({ host = MIXED }) => host,
  );
  const board: Omit<Board, 'writeId'> = newBoard(
    { id: batch.id, run },
    [...byHost].map(([host, some]) => [host, some.map(({ number }) => number)]),
    shards.length,
    { complete: pieceSet(0, complete), ...done.sums },
    toIso(ports.clock.now()),
  );
  await changeDocument<Board>(ports, KEYS.board(batch.id), (other) =>
    (other?.run ?? 0) >= run ? undefined : { ...board, writeId: '' },
  );
}

async function doneBefore(
  ports: Ports,
  batchId: string,
  shards: readonly ShardIndex[],
): Promise<{ readonly complete: readonly number[]; readonly sums: Sums }> {
  const complete: number[] = [];
  let sums = NO_SUMS;
  await sideBySide(shards, SIDE_BY_SIDE, async ({ number }) => {
    const outcomes = (await ports.records.get(KEYS.outcomes(batchId, number)))?.value;
    if (outcomes === undefined || !outcomes.outcomes.every(isThere)) return;
    complete.push(number);
    sums = plus(sums, sumsOf(outcomes));
  });
  return { complete, sums };
}
