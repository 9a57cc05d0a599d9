import { decide } from '../../lib/transfer/decide/decide.ts';
import type { Facts, Input, Outcome } from '../../lib/transfer/decide/decision.ts';
import { narrow } from '../../lib/transfer/record/narrow.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { facts, NOW, outcomeOf, POLICY } from './a-transfer.ts';

/* What a decision about pieces came to, in short. */

export function decided(record: TransferRecord, known: Partial<Facts>, inputs: readonly Input[], now = NOW): Outcome {
  return outcomeOf(decide(narrow(record), facts(known), inputs, now, POLICY));
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
