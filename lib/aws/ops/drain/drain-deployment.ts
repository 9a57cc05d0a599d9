import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Deployment, QueueName } from '../deployment/deployment.ts';
import { awsSwitches } from '../pause/aws-switches.ts';
import { queueDepth } from '../queue-depths.ts';
import { recordsView } from '../read-only.ts';
import type { DrainOptions, Work } from './drain.ts';
import { drain } from './drain.ts';
import { OpenWork } from './open-work.ts';

/** Those that functions take from. */
const WORKED: readonly QueueName[] = ['plans', 'streams', 'pieces', 'results', 'piecesDead'];

/** `drain` of a deployment. @throws as `drain`, and PieceworkError `HomeRefused`, `HomeUnavailable`. */
export async function drainDeployment(
  deployment: Deployment,
  options: DrainOptions,
  signal: AbortSignal,
): Promise<Work> {
  const s3 = new S3Client({});
  const sqs = new SQSClient({});
  using switches = awsSwitches(deployment);
  const open = new OpenWork(recordsView(s3, deployment.recordsBucket));
  const look = async (): Promise<Work> => {
    const [sources, isScheduled, depths] = await Promise.all([
      switches.eventSources(),
      switches.isScheduled(),
      Promise.all(WORKED.map((queue) => queueDepth(sqs, deployment.queueUrls[queue]))),
    ]);
    return {
      isPaused: !isScheduled || sources.some(({ state }) => state !== 'Enabled'),
      ...(await open.count()),
      waiting: depths.reduce((sum, { waiting, delayed }) => sum + waiting + delayed, 0),
      inHand: depths.reduce((sum, { inHand }) => sum + inHand, 0),
    };
  };
  try {
    return await drain(look, options, signal);
  } finally {
    s3.destroy();
    sqs.destroy();
  }
}
