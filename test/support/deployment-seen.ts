import { STAGES } from '../../lib/aws/names.ts';
import { deploymentOf, QUEUES } from '../../lib/aws/ops/deployment/deployment.ts';
import type { DeploymentSeen, FunctionSeen } from '../../lib/aws/ops/doctor/seen.ts';
import { NOW } from './a-transfer.ts';
import { opsStack } from './ops-stack.ts';

const REST = { waiting: 0, inHand: 0, delayed: 0 };

/** What `ops doctor` sees of a deployment in which nothing is wrong and nothing is under way. */
export function healthy(over: Partial<DeploymentSeen> = {}): DeploymentSeen {
  const deployment = deploymentOf(opsStack());
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
    depths: Object.fromEntries(QUEUES.map((queue) => [queue, { value: REST }])) as DeploymentSeen['depths'],
    ages: { value: { plans: undefined, streams: undefined, pieces: undefined, results: undefined } },
    functions: Object.fromEntries(
      STAGES.map((stage) => [stage, { value: functionSeen(stage) }]),
    ) as DeploymentSeen['functions'],
    concurrency: { value: 1000 },
    alarms: { value: deployment.alarms.map((name) => ({ name, state: 'OK' })) },
    records: { value: { transferMarkers: [], batchMarkers: [], transfers: new Map(), isComplete: true } },
    destinations: {
      value: [{ rule: { bucket: 'target', prefix: 'in/' }, abortsAfterDays: { value: 15 }, uploads: { value: [] } }],
    },
    rights: { value: [] },
    ...over,
  };
}
