import { SQSClient } from '@aws-sdk/client-sqs';
import { sqsLetters } from '../../../queues/sqs/letters.ts';
import { sendBack } from '../../../queues/sqs/send-back.ts';
import type { Deployment, DeploymentQueue } from '../deployment/deployment.ts';
import type { Replayed, ReplayOptions, ReplayPorts } from './replay.ts';
import { replay } from './replay.ts';
import { TASK_QUEUES } from './route.ts';

/** Where letters lie that no function takes, as people call them. */
const FROM: readonly (readonly [name: string, queue: DeploymentQueue])[] = [
  ['dead plans', 'plansDead'],
  ['dead streams', 'streamsDead'],
  ['dead pieces', 'piecesDead'],
  ['dead results', 'resultsDead'],
  ['dead notifications', 'notificationsDead'],
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
    const lettersOf = (queueUrl: string) =>
      sqsLetters({ client, queueUrl, hiddenSeconds: HIDDEN_SECONDS, waitSeconds: WAIT_SECONDS });
    const from = FROM.flatMap(([name, queue]) => {
      const queueUrl = queueUrls[queue];
      return queueUrl === undefined ? [] : [[name, lettersOf(queueUrl)] as const];
    });
    const queues = TASK_QUEUES.filter((queue) => queueUrls[queue] !== undefined);
    const send: ReplayPorts['send'] = (to, letters) => sendBack({ client, queueUrl: queueUrls[to] ?? '' }, letters);
    return await replay({ from: Object.fromEntries(from), queues, send }, options, signal);
  } finally {
    client.destroy();
  }
}
