import { KEYS } from '../../../../records/records.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { runOf } from '../../../../transfer/batch/batch-record.ts';
import type { Board } from '../../../../transfer/batch/fleet/board.ts';
import { isQuiet } from '../../../../transfer/batch/fleet/decide-batch.ts';
import type { BatchFacts, BatchPolicy } from '../../../../transfer/batch/fleet/decision.ts';
import type { ShardSeen } from '../../../../transfer/batch/fleet/seen.ts';
import { seenOf } from '../../../../transfer/batch/fleet/seen.ts';
import type { BatchFinalizerMessage } from '../../../../transfer/messages.ts';
import type { Ports } from '../../../shared/ports.ts';
import { sideBySide } from '../../../shared/side-by-side.ts';
import { takeLargeOutcomes } from '../large/large-outcomes.ts';

const SIDE_BY_SIDE = 16;

/** What messages say, and what a tick makes one look at. */
interface Named extends Pick<BatchFacts, 'givenBack' | 'dead'> {
  readonly looked: ReadonlySet<number>;
  /** Shards of which large entries may have ended. */
  readonly withLarge: ReadonlySet<number>;
}

function namedIn(messages: readonly BatchFinalizerMessage[], run: number): Named {
  const givenBack = new Map<number, number>();
  const dead = new Map<number, number>();
  const looked = new Set<number>();
  const withLarge = new Set<number>();
  for (const message of messages) {
    if (message.kind === 'large-ended') withLarge.add(message.shard);
    else if (message.kind === 'dead-shard' && message.task.run === run) dead.set(message.task.shard, message.task.turn);
    else if (message.kind === 'shard-result' && message.run === run) {
      if (message.end === 'given-back') givenBack.set(message.shard, message.turn);
      looked.add(message.shard);
    }
  }
  return { givenBack, dead, looked, withLarge };
}

/** What is to be known of the world for a decision: outcomes of the shards that messages name, or that are quiet. */
export async function batchFacts(
  ports: Ports,
  batch: BatchRecord,
  board: Board,
  messages: readonly BatchFinalizerMessage[],
  policy: BatchPolicy,
  signal: AbortSignal,
): Promise<BatchFacts> {
  const run = runOf(batch);
  const named = namedIn(messages, run);
  const looked = new Set(named.looked);
  const withLarge = new Set(named.withLarge);
  if (messages.some(({ kind }) => kind === 'batch-tick')) {
    const now = ports.clock.now();
    for (const [shard, flight] of Object.entries(board.inFlight))
      if (isQuiet(flight, now, policy)) looked.add(Number(shard));
    for (const [shard, { open }] of Object.entries(board.large)) if (open > 0) withLarge.add(Number(shard));
  }
  const seen = new Map<number, ShardSeen>();
  await sideBySide(new Set([...looked, ...withLarge]), SIDE_BY_SIDE, async (shard) => {
    const { open = 0 } = withLarge.has(shard) ? (board.large[String(shard)] ?? {}) : {};
    const outcomes =
      open > 0
        ? await takeLargeOutcomes(ports, batch, shard, open, signal)
        : (await ports.records.get(KEYS.outcomes(batch.id, shard)))?.value;
    seen.set(shard, seenOf(outcomes, run));
  });
  const { givenBack, dead } = named;
  return { seen, givenBack, dead };
}
