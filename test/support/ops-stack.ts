import { STAGES } from '../../lib/aws/names.ts';
import type { StackView } from '../../lib/aws/ops/deployment/deployment.ts';
import { QUEUES } from '../../lib/aws/ops/deployment/deployment.ts';

const capital = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** What CloudFormation would say of a stack with one Piecework of this name in it. */
export function opsStack(construct = 'Piecework'): StackView {
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
        QUEUES.map((queue) => [`${construct}${capital(queue)}QueueUrl`, `https://sqs.example/1/${construct}-${queue}`]),
      ),
    },
    resources: [
      ...STAGES.flatMap((stage) => [
        resource('Lambda::Function', `${capital(stage)}StageFunction`, `${construct}-${stage}`),
        resource('IAM::Role', `${capital(stage)}StageRole`, `${construct}-${stage}-role`),
      ]),
      ...['Planner', 'Planner', 'Fetcher', 'Finalizer', 'Finalizer'].map((stage, index) =>
        resource(
          'Lambda::EventSourceMapping',
          `${stage}StageFunctionSqsEventSource${index}`,
          `${construct}-es-${index}`,
        ),
      ),
      resource('Events::Rule', 'Tick', `${construct}-tick`),
      resource('CloudWatch::Alarm', 'MonitoringAlarmsNoTick', `${construct}-no-tick`),
      resource('CloudWatch::Alarm', 'MonitoringAlarmsPlanDeadLetters', `${construct}-plan-dead-letters`),
    ],
  };
}
