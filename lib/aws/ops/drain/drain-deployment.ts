import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Deployment, DeploymentQueue } from '../deployment/deployment.ts';
import { awsSwitches } from '../pause/aws-switches.ts';
import type { QueueDepth } from '../queue-depths.ts';
import { queueDepth } from '../queue-depths.ts';
import { recordsView } from '../read-only.ts';
import type { DrainOptions, Work } from './drain.ts';
import { drain } from './drain.ts';
import { OpenWork } from './open-work.ts';

/** Those that functions take from. */
const WORKED: readonly DeploymentQueue[] = ['plans', 'streams', 'pieces', 'results', 'piecesDead', 'notifications'];

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
    const [sources, isScheduled, seen] = await Promise.all([
      switches.eventSources(),
      switches.isScheduled(),
      Promise.all(
        WORKED.map(async (queue) => {
          const url = deployment.queueUrls[queue];
          return [queue, url === undefined ? undefined : await queueDepth(sqs, url)] as const;
        }),
      ),
    ]);
    const depths = seen.flatMap(([, depth]) => (depth === undefined ? [] : [depth]));
    const notifications = seen.find(([queue]) => queue === 'notifications')?.[1];
    return {
      isPaused: !isScheduled || sources.some(({ state }) => state !== 'Enabled'),
      ...(await open.count()),
      waiting: depths.reduce((sum, { waiting, delayed }) => sum + waiting + delayed, 0),
      inHand: depths.reduce((sum, { inHand }) => sum + inHand, 0),
      ...notificationsOf(notifications),
    };
  };
  try {
    return await drain(look, options, signal);
  } finally {
    s3.destroy();
    sqs.destroy();
  }
}

function notificationsOf(depth: QueueDepth | undefined): Pick<Work, 'notifications' | 'notificationsLater'> {
  if (depth === undefined) return {};
  return { notifications: depth.waiting + depth.inHand, notificationsLater: depth.delayed };
}
