import type { SQSClient } from '@aws-sdk/client-sqs';
import { PieceworkError } from '../../errors/error.ts';
import { serviceError } from '../../errors/service.ts';

export interface SqsPlace {
  /** Closed by its maker. */
  readonly client: SQSClient;
  readonly queueUrl: string;
}

/** SQS takes and gives ten messages at most per request. */
export const BATCH = 10;

/** @throws PieceworkError `HomeUnavailable`, `HomeRefused`. */
export async function onQueue<T>(queueUrl: string, right: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw serviceError(error, { target: nameOf(queueUrl), right });
  }
}

/**
 * One entry of a batch that SQS refused while it took the others.
 * @param by whose fault it is: what the sender did wrong stays wrong, the service may take it later
 */
export function refusedEntry(queueUrl: string, code: string | undefined, by: 'sender' | 'service'): PieceworkError {
  const target = nameOf(queueUrl);
  return new PieceworkError(
    by === 'sender' ? 'HomeRefused' : 'HomeUnavailable',
    `${target}: a message was not taken (${code ?? 'no reason given'})`,
    { details: { target, reason: code } },
  );
}

function nameOf(queueUrl: string): string {
  return `the queue ${queueUrl.split('/').at(-1) ?? queueUrl}`;
}
