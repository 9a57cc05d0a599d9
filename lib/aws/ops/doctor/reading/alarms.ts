import type { CloudWatchClient, CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { DescribeAlarmsCommand, GetMetricDataCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import type { Instant } from '../../../../values/time.ts';
import { METRICS_NAMESPACE } from '../../../names.ts';
import type { Deployment } from '../../deployment/deployment.ts';
import { onService } from '../../on-service.ts';
import type { AlarmSeen, DeploymentSeen } from '../seen.ts';

/** DescribeAlarms takes and gives a hundred at most. */
const PAGE = 100;

/** Groups of alarms are alarms of their own. @throws PieceworkError `HomeRefused`, `HomeUnavailable`. */
export async function readAlarms(client: CloudWatchClient, names: readonly string[]): Promise<readonly AlarmSeen[]> {
  const alarms: AlarmSeen[] = [];
  for (let from = 0; from < names.length; from += PAGE) {
    const { MetricAlarms = [], CompositeAlarms = [] } = await onService('the alarms', 'cloudwatch:DescribeAlarms', () =>
      client.send(
        new DescribeAlarmsCommand({
          AlarmNames: names.slice(from, from + PAGE),
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          MaxRecords: PAGE,
        }),
      ),
    );
    alarms.push(
      ...MetricAlarms.map((one) => alarmSeen(one, false)),
      ...CompositeAlarms.map((one) => alarmSeen(one, true)),
    );
  }
  return alarms;
}

function alarmSeen(alarm: MetricAlarm | CompositeAlarm, isGroup: boolean): AlarmSeen {
  const { AlarmName = '', StateValue = '', AlarmDescription = '', StateUpdatedTimestamp } = alarm;
  const { ActionsEnabled = true, AlarmActions = [] } = alarm;
  const see = /docs\/runbook\.md#([a-z-]+)$/i.exec(AlarmDescription)?.[1];
  return {
    name: AlarmName,
    state: StateValue,
    isGroup,
    isSilenced: !ActionsEnabled && AlarmActions.length > 0,
    ...(see === undefined ? {} : { see }),
    ...(StateUpdatedTimestamp === undefined ? {} : { since: StateUpdatedTimestamp.toISOString() }),
  };
}

/** Whether anything that the functions counted has become a metric. @throws as `readAlarms` */
export async function readHasMetrics(client: CloudWatchClient, { name }: Deployment): Promise<boolean> {
  const Dimensions = [{ Name: 'deployment', Value: name }];
  const { Metrics = [] } = await onService('the metrics', 'cloudwatch:ListMetrics', () =>
    client.send(new ListMetricsCommand({ Namespace: METRICS_NAMESPACE, Dimensions })),
  );
  return Metrics.length > 0;
}

type Ages = Extract<DeploymentSeen['ages'], { readonly value: unknown }>['value'];
const QUEUES = ['plans', 'streams', 'pieces', 'results'] as const;
/** The metric comes with a minute or two of delay; a queue that rests has none. */
const LOOK_BACK_MS = 600_000;

/** How long the oldest message of each queue has waited, as the last minutes have it. @throws as `readAlarms` */
export async function readAges(client: CloudWatchClient, { queueUrls }: Deployment, now: Instant): Promise<Ages> {
  const { MetricDataResults = [] } = await onService('the metrics of queues', 'cloudwatch:GetMetricData', () =>
    client.send(
      new GetMetricDataCommand({
        StartTime: new Date(now - LOOK_BACK_MS),
        EndTime: new Date(now),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: QUEUES.filter((queue) => queueUrls[queue] !== undefined).map((queue) => ({
          Id: queue,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/SQS',
              MetricName: 'ApproximateAgeOfOldestMessage',
              Dimensions: [{ Name: 'QueueName', Value: queueUrls[queue]?.split('/').at(-1) }],
            },
            Period: 60,
            Stat: 'Maximum',
          },
        })),
      }),
    ),
  );
  const ageOf = (queue: string) => MetricDataResults.find(({ Id }) => Id === queue)?.Values?.[0];
  return { plans: ageOf('plans'), streams: ageOf('streams'), pieces: ageOf('pieces'), results: ageOf('results') };
}
