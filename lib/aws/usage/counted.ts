import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { isForTheBus } from '../../events/eventbridge/detail-types.ts';
import type { Events } from '../../events/events.ts';
import type { Usage } from '../../transfer/cost/usage.ts';
import type { Meter } from './meter.ts';

type Counts = Pick<Meter, 'count'>;

/** Counts each request of a client, repeated ones too, by the class that AWS has a price for. */
export function countRequests<C extends S3Client | SQSClient>(client: C, meter: Counts): C {
  const stack = client.middlewareStack as S3Client['middlewareStack'];
  stack.add(
    (next, { commandName }) =>
      async (args) => {
        meter.count(usageOf(String(commandName)));
        return await next(args);
      },
    // After the SDK's own repetition.
    { step: 'finalizeRequest', priority: 'low', name: 'pieceworkUsage' },
  );
  return client;
}

/** @param command such as `PutObjectCommand` */
function usageOf(command: string): Partial<Usage> {
  if (/^(Send|Receive|DeleteMessage|ChangeMessage)/.test(command)) return { queueRequests: 1 };
  if (/^(Get|Head)/.test(command)) return { s3Reads: 1 };
  return command.startsWith('Delete') ? {} : { s3Writes: 1 };
}

/** Counts what goes to the bus. */
export function countEvents(events: Events, meter: Counts): Events {
  return {
    async emit(event) {
      if (isForTheBus(event)) meter.count({ events: 1 });
      await events.emit(event);
    },
  };
}
