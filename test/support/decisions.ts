import { decide } from '../../lib/transfer/decide/decide.ts';
import type { Facts, Input, Outcome } from '../../lib/transfer/decide/decision.ts';
import { piecesOf } from '../../lib/transfer/loads/loads.ts';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { facts, NOW, outcomeOf, POLICY } from './a-transfer.ts';

/* What a decision about pieces came to, in short. */

export function decided(
  record: TransferRecord,
  known: Partial<Facts>,
  inputs: readonly Input[],
  now = NOW,
  policy = POLICY,
): Outcome {
  return outcomeOf(decide(narrow(record), facts(known), inputs, now, policy));
}

/** `number.attempt` of every piece that is sent, in order. */
export function sent({ commands }: Outcome): readonly string[] {
  return commands.flatMap((command) =>
    command.kind === 'sendPieces' ? command.tasks.map(({ task }) => `${task.pieceNumber}.${task.attempt}`) : [],
  );
}

export function kinds({ commands }: Outcome): readonly string[] {
  return commands.map(({ kind }) => kind);
}

/** Of every task that is sent, in order: its pieces, and which load they are. */
export function sentLoads({ commands }: Pick<Outcome, 'commands'>) {
  return commands.flatMap((command) =>
    command.kind === 'sendPieces'
      ? command.tasks.map(({ task }) => ({
          pieces: piecesOf(task),
          ...(task.load === undefined ? {} : { number: task.load.number, connections: task.load.connections }),
        }))
      : [],
  );
}
