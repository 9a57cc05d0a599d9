import { SQSClient } from '@aws-sdk/client-sqs';
import { sqsLetters } from '../../../queues/sqs/letters.ts';
import { sendBack } from '../../../queues/sqs/send-back.ts';
import type { Deployment, QueueName } from '../deployment/deployment.ts';
import type { Replayed, ReplayOptions } from './replay.ts';
import { replay } from './replay.ts';

/** Where letters lie that no function takes, as people call them. */
const FROM: readonly (readonly [name: string, queue: QueueName])[] = [
  ['dead plans', 'plansDead'],
  ['dead streams', 'streamsDead'],
  ['dead pieces', 'piecesDead'],
  ['dead results', 'resultsDead'],
  ['parked', 'parked'],
];

/** So long no other taker sees what was taken; after a crash it is there again then. */
const HIDDEN_SECONDS = 120;
const WAIT_SECONDS = 1;

/** `replay` on the queues of a deployment. @throws as `replay` */
export async function replayDeployment(
  { queueUrls }: Deployment,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<Replayed> {
  const client = new SQSClient({});
  try {
    const lettersOf = (queue: QueueName) =>
      sqsLetters({
        client,
        queueUrl: queueUrls[queue],
        hiddenSeconds: HIDDEN_SECONDS,
        waitSeconds: WAIT_SECONDS,
      });
    const from = Object.fromEntries(FROM.map(([name, queue]) => [name, lettersOf(queue)]));
    const send = (to: QueueName, letters: Parameters<typeof sendBack>[1]) =>
      sendBack({ client, queueUrl: queueUrls[to] }, letters);
    return await replay({ from, send }, options, signal);
  } finally {
    client.destroy();
  }
}
