import { DEPLOYED, STAGES } from '../../lib/aws/names.ts';
import type { StackView } from '../../lib/aws/ops/deployment/deployment.ts';
import { QUEUES, SOME_QUEUES } from '../../lib/aws/ops/deployment/deployment.ts';

const capital = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/**
 * What CloudFormation would say of a stack with one Piecework of this name in it.
 * @param notifies it has a notifier
 */
export function opsStack(construct = 'Piecework', notifies = false): StackView {
  const queues = [...QUEUES, ...SOME_QUEUES.filter((queue) => notifies || !queue.startsWith('notifications'))];
  const functions = notifies ? DEPLOYED : STAGES;
  const consumers = ['Planner', 'Planner', 'Fetcher', 'Finalizer', 'Finalizer', ...(notifies ? ['Notifier'] : [])];
  const resource = (type: string, id: string, physicalId: string) => ({
    type: `AWS::${type}`,
    logicalId: `${construct}${id}0A1B2C3D`,
    physicalId,
  });
  return {
    name: 'Files',
    status: 'UPDATE_COMPLETE',
    outputs: {
      [`${construct}RecordsBucket`]: `${construct.toLowerCase()}-records`,
      ...Object.fromEntries(
        queues.map((queue) => [`${construct}${capital(queue)}QueueUrl`, `https://sqs.example/1/${construct}-${queue}`]),
      ),
    },
    resources: [
      ...functions.flatMap((stage) => [
        resource('Lambda::Function', `${capital(stage)}StageFunction`, `${construct}-${stage}`),
        resource('IAM::Role', `${capital(stage)}StageRole`, `${construct}-${stage}-role`),
      ]),
      ...consumers.map((stage, index) =>
        resource(
          'Lambda::EventSourceMapping',
          `${stage}StageFunctionSqsEventSource${index}`,
          `${construct}-es-${index}`,
        ),
      ),
      resource('Events::Rule', 'Tick', `${construct}-tick`),
      resource('CloudWatch::Alarm', 'MonitoringAlarmsNoTick', `${construct}-no-tick`),
      resource('CloudWatch::Alarm', 'MonitoringAlarmsPlanDeadLetters', `${construct}-plan-dead-letters`),
      resource('CloudWatch::CompositeAlarm', 'MonitoringAlarmsPlannersFail', `${construct}-planners-fail`),
    ],
  };
}
