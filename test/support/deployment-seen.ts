import { deploymentOf } from '../../lib/aws/ops/deployment/deployment.ts';
import type { AlarmSeen, DeploymentSeen, FunctionSeen } from '../../lib/aws/ops/doctor/seen.ts';
import { NOW } from './a-transfer.ts';
import { opsStack } from './ops-stack.ts';

const REST = { waiting: 0, inHand: 0, delayed: 0 };

/** One that is off, if nothing else is said. */
export function alarmSeen(over: Partial<AlarmSeen>): AlarmSeen {
  return { name: 'an-alarm', state: 'OK', isGroup: false, isSilenced: false, ...over };
}

/**
 * What `ops doctor` sees of a deployment in which nothing is wrong and nothing is under way.
 * @param notifies it has a notifier
 */
export function healthy(over: Partial<DeploymentSeen> = {}, notifies = false): DeploymentSeen {
  const deployment = deploymentOf(opsStack('Piecework', notifies));
  const functionSeen = (name: string): FunctionSeen => ({
    name,
    state: 'Active',
    lastUpdate: 'Successful',
    version: '1.2.3',
  });
  const sources = ['plans', 'streams', 'pieces', 'results', 'pieces-dead'].map((queue, index) => ({
    id: `es-${index}`,
    queue,
    state: 'Enabled',
    maxConcurrency: 10,
    lastResult: 'No records processed',
  }));
  return {
    now: NOW,
    version: '1.2.3',
    deployment,
    eventSources: { value: sources },
    isScheduled: { value: true },
    pause: { value: undefined },
    depths: Object.fromEntries(
      Object.keys(deployment.queueUrls).map((queue) => [queue, { value: REST }]),
    ) as unknown as DeploymentSeen['depths'],
    ages: { value: { plans: undefined, streams: undefined, pieces: undefined, results: undefined } },
    functions: Object.fromEntries(
      Object.keys(deployment.functions).map((name) => [name, { value: functionSeen(name) }]),
    ) as unknown as DeploymentSeen['functions'],
    concurrency: { value: 1000 },
    alarms: { value: deployment.alarms.map((name) => alarmSeen({ name })) },
    hasMetrics: { value: true },
    records: { value: { transferMarkers: [], batchMarkers: [], transfers: new Map(), isComplete: true } },
    destinations: {
      value: [{ rule: { bucket: 'target', prefix: 'in/' }, abortsAfterDays: { value: 15 }, uploads: { value: [] } }],
    },
    rights: { value: [] },
    network: { value: [] },
    ...over,
  };
}
