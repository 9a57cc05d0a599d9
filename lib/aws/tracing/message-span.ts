import type { SQSRecord } from 'aws-lambda';
import { piecesOf } from '../../transfer/loads/loads.ts';
import type { PieceTask } from '../../transfer/messages.ts';
import type { Attributes, SpanStart } from './tracing.ts';
import { TRACEPARENT } from './tracing.ts';

/**
 * The span in which messages about one thing are answered; of the trace that the first one brings.
 * https://opentelemetry.io/docs/specs/semconv/messaging/sqs/
 */
export function messageSpan(records: readonly SQSRecord[], message: unknown): SpanStart {
  const [first] = records;
  // What comes to the finalizer is answered by its subject, and has no kind of its own there.
  const { kind = 'results' } = Object(message) as { readonly kind?: string };
  const parent = first?.messageAttributes?.[TRACEPARENT]?.stringValue;
  return {
    name: `process ${kind}`,
    kind: 'consumer',
    ...(parent === undefined ? {} : { parent }),
    attributes: {
      'messaging.system': 'aws_sqs',
      'messaging.operation.type': 'process',
      'messaging.destination.name': first?.eventSourceARN.split(':').at(-1) ?? '',
      'messaging.batch.message_count': records.length,
      'piecework.receive_count': Number(first?.attributes.ApproximateReceiveCount ?? 1),
      ...aboutOf(message),
      ...countOf(message),
    },
  };
}

/** What people look for. */
const SHOWN = {
  transferId: 'piecework.transfer.id',
  batchId: 'piecework.batch.id',
  pieceNumber: 'piecework.piece.number',
  attempt: 'piecework.attempt',
} as const;

function aboutOf(message: unknown): Attributes {
  const said = Object(message) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(SHOWN).flatMap(([field, name]) => {
      const value = said[field];
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}

/** Of a load, whose first piece alone is named. */
function countOf(message: unknown): Attributes {
  const { pieceNumber, load } = Object(message) as Partial<PieceTask>;
  if (pieceNumber === undefined || load === undefined) return {};
  return { 'piecework.piece.count': piecesOf({ pieceNumber, load }).length };
}
