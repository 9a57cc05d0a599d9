import { expect, test } from 'vitest';
import type { Deployment } from '../../lib/aws/ops/deployment/deployment.ts';
import { deploymentOf } from '../../lib/aws/ops/deployment/deployment.ts';
import { pieceworkStack, templateOf } from './cdk-template.ts';

// The command line finds a deployment by the ids that the construct gives its resources: they are held to each other.

test('ops finds in a stack all that it looks after', () => {
  const deployment = deployed();
  expect(deployment).toMatchObject({
    name: 'Test/Piecework',
    recordsBucket: 'value of PieceworkRecordsBucket',
    queueUrls: {
      plans: 'value of PieceworkPlansQueueUrl',
      plansDead: 'value of PieceworkPlansDeadQueueUrl',
      parked: 'value of PieceworkParkedQueueUrl',
    },
    functions: {
      api: expect.stringMatching(/^PieceworkApiStageFunction/),
      planner: expect.stringMatching(/^PieceworkPlannerStageFunction/),
      fetcher: expect.stringMatching(/^PieceworkFetcherStageFunction/),
      finalizer: expect.stringMatching(/^PieceworkFinalizerStageFunction/),
    },
    roles: { fetcher: expect.stringMatching(/^PieceworkFetcherStageRole[0-9A-F]+$/) },
    scheduleRule: expect.stringMatching(/^PieceworkTick/),
  });
  expect(deployment.eventSources).toHaveLength(5);
  expect(deployment.alarms).toHaveLength(27);
  expect(deployment.functions).not.toHaveProperty('notifier');
});

test('and the notifier, where there is one', () => {
  const deployment = deployed(() => ({ webhooks: true }));
  expect(deployment).toMatchObject({
    queueUrls: {
      notifications: 'value of PieceworkNotificationsQueueUrl',
      notificationsDead: 'value of PieceworkNotificationsDeadQueueUrl',
    },
    functions: { notifier: expect.stringMatching(/^PieceworkNotifierStageFunction/) },
    roles: { notifier: expect.stringMatching(/^PieceworkNotifierStageRole[0-9A-F]+$/) },
  });
  expect(deployment.eventSources).toHaveLength(6);
});

function deployed(props: Parameters<typeof pieceworkStack>[0] = () => ({})): Deployment {
  const { Resources, Outputs } = templateOf(pieceworkStack(props)).toJSON() as {
    readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
    readonly Outputs: Readonly<Record<string, unknown>>;
  };
  return deploymentOf({
    name: 'Test',
    status: 'CREATE_COMPLETE',
    outputs: Object.fromEntries(Object.keys(Outputs).map((key) => [key, `value of ${key}`])),
    resources: Object.entries(Resources).map(([logicalId, { Type: type }]) => ({
      type,
      logicalId,
      physicalId: logicalId,
    })),
  });
}
