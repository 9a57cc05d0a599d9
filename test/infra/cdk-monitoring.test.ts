import { readFile } from 'node:fs/promises';
import { Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { Piecework } from '../../cdk/piecework.ts';
import { ALARM_HEADINGS, anchorOf, OWN_HEADINGS } from '../../lib/aws/ops/doctor/finding.ts';
import { pieceworkStack, readable, resourcesOf, templateOf, testApp } from './cdk-template.ts';

interface Stat {
  readonly Metric: {
    readonly Namespace: string;
    readonly MetricName: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
  };
}

interface AlarmProperties {
  readonly AlarmDescription: string;
  readonly AlarmActions?: readonly unknown[];
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: Stat['Metric']['Dimensions'];
  readonly Metrics?: readonly { readonly Expression?: string; readonly MetricStat?: Stat }[];
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
}

const template = templateOf(pieceworkStack());
const alarmsOf = (of: typeof template) =>
  resourcesOf(of, 'AWS::CloudWatch::Alarm').map(([id, { Properties }]) => ({
    id: id.replace(/^PieceworkMonitoringAlarms|[0-9A-F]{8}$/g, ''),
    ...(Properties as unknown as AlarmProperties),
  }));
const alarms = alarmsOf(template);
const withTopic = templateOf(pieceworkStack((scope) => ({ webhooks: true, alarmTopic: new Topic(scope, 'Ops') })));
const groups = resourcesOf(withTopic, 'AWS::CloudWatch::CompositeAlarm').map(([id, { Properties }]) => ({
  id: id.replace(/^PieceworkMonitoringAlarms|[0-9A-F]{8}$/g, ''),
  ...(Properties as unknown as Pick<AlarmProperties, 'AlarmDescription' | 'AlarmActions'> & { AlarmRule: unknown }),
}));
/** `ALARM(…)` of each. */
const membersOf = ({ AlarmRule }: (typeof groups)[number]) =>
  [...readable(AlarmRule).matchAll(/ALARM\("?\{PieceworkMonitoringAlarms(\w+?)\}"?\)/g)].map(([, id = '']) => id);
const source = async (path: string) => await readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Each metric that an alarm reads, whether alone or in an expression. */
function metricsOf(alarm: AlarmProperties): readonly Stat['Metric'][] {
  const { Namespace = '', MetricName = '', Dimensions = [], Metrics } = alarm;
  if (Metrics === undefined) return [{ Namespace, MetricName, Dimensions }];
  return Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));
}

describe('alarms', () => {
  test.each([
    ['ParkedMessages', 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', 1],
    ['PieceDeadLetters', 'AWS/SQS', 'NumberOfMessagesReceived', 1],
    ['PlanDeadLetters', 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', 1],
    ['ResultDeadLetters', 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', 1],
    ['OldestPiece', 'AWS/SQS', 'ApproximateAgeOfOldestMessage', 900],
    ['OldestPlan', 'AWS/SQS', 'ApproximateAgeOfOldestMessage', 900],
    ['OldestResult', 'AWS/SQS', 'ApproximateAgeOfOldestMessage', 300],
    ['FinalizerErrors', 'AWS/Lambda', 'Errors', 1],
    ['ApiFunctionErrors', 'AWS/Lambda', 'Errors', 5],
    ['FetcherFunctionErrors', 'AWS/Lambda', 'Errors', 5],
    ['FetcherThrottles', 'AWS/Lambda', 'Throttles', 10],
    ['PlannerNearItsTimeOut', 'AWS/Lambda', 'Duration', 855_000],
    ['FinalizerNearItsTimeOut', 'AWS/Lambda', 'Duration', 48_000],
    ['FinalizerDestinationDenied', 'Piecework', 'Failures', 1],
    ['APIErrors', 'AWS/ApiGateway', '5XXError', 5],
    ['APIRefusals', 'AWS/ApiGateway', '4XXError', 0.5],
    ['LeftBehind', 'Piecework', 'LeftBehind', 1],
    ['StuckTransfers', 'Piecework', 'StuckTransfers', 1],
    ['StuckBatches', 'Piecework', 'StuckBatches', 1],
  ])('%s', (id, namespace, metric, threshold) => {
    const alarm = alarms.find((candidate) => candidate.id === id);
    expect(alarm).toMatchObject({
      Threshold: threshold,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
    if (alarm === undefined) return;
    expect(metricsOf(alarm).map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`)).toContain(
      `${namespace} ${metric}`,
    );
    expect(alarm).not.toHaveProperty('AlarmActions');
  });

  test('no tick is what no data means, and nothing else is', () => {
    const silent = alarms.filter(({ TreatMissingData }) => TreatMissingData === 'breaching');
    expect(silent).toMatchObject([{ id: 'NoTick', ComparisonOperator: 'LessThanThreshold', Threshold: 1 }]);
    expect(silent.flatMap(metricsOf)).toMatchObject([{ Namespace: 'Piecework', MetricName: 'ActiveTransfers' }]);
  });

  test('each names its heading in the runbook, which has none but these and those of findings', async () => {
    const runbook = await source('docs/runbook.md');
    const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    );
    // With those of what only some props make.
    const every = alarmsOf(withTopic);
    const named = [...every, ...groups].map(
      ({ AlarmDescription }) => /docs\/runbook\.md#([a-z-]+)$/.exec(AlarmDescription)?.[1],
    );
    expect(new Set([...named, ...OWN_HEADINGS.map(anchorOf)])).toEqual(new Set(headings));
    expect(named).toEqual(expect.arrayContaining(ALARM_HEADINGS.map(anchorOf)));
    expect([alarms.length, every.length, groups.length]).toEqual([27, 28, 6]);
    // Stand-ins have no others, and each metric of a sum costs as much as an alarm.
    for (const alarm of every) expect(alarm).toHaveProperty('MetricName');
  });

  test('call a topic, where one is given; of those that say the same their group does', () => {
    const informed = alarmsOf(withTopic);
    const grouped = groups.flatMap(membersOf);
    expect(groups.map(({ AlarmActions }) => AlarmActions?.length)).toEqual(groups.map(() => 1));
    const actions = Object.fromEntries(informed.map(({ id, AlarmActions = [] }) => [id, AlarmActions.length]));
    expect(actions).toEqual(Object.fromEntries(informed.map(({ id }) => [id, grouped.includes(id) ? 0 : 1])));
    expect(new Set(grouped).size).toBe(grouped.length);
  });

  test('are in groups of what one cause brings about, so that one call comes', () => {
    expect(Object.fromEntries(groups.map((group) => [group.id, membersOf(group)]))).toEqual({
      PlannersFail: ['PlannerFunctionErrors', 'PlanDeadLetters', 'StreamDeadLetters'],
      FetchersFail: ['FetcherFunctionErrors', 'PieceDeadLetters'],
      FinalizerFails: ['FinalizerErrors', 'NoTick', 'OldestResult', 'ResultDeadLetters'],
      APIFails: ['APIErrors', 'ApiFunctionErrors'],
      Throttles: ['ApiThrottles', 'PlannerThrottles', 'FetcherThrottles', 'FinalizerThrottles'],
      DestinationDenied: ['PlannerDestinationDenied', 'FinalizerDestinationDenied'],
    });
    for (const group of groups)
      expect(readable(group.AlarmRule).replace(/ALARM\([^)]*\)/g, 'A')).toMatch(/^\(A( OR A)+\)$/);
  });

  test('have no groups where there is no topic: those cost, and only call', () => {
    template.resourceCountIs('AWS::CloudWatch::CompositeAlarm', 0);
  });

  test('read the metrics that the functions write, under their names', async () => {
    const written = (
      await Promise.all(
        ['lib/events/metrics/events.ts', 'lib/aws/tick/spans.ts', 'lib/aws/tick/batches.ts', 'lib/aws/names.ts'].map(
          source,
        ),
      )
    ).join('\n');
    const names = new Set(
      alarms
        .flatMap((alarm) => metricsOf(alarm).filter(({ Namespace }) => Namespace === 'Piecework'))
        .map(({ MetricName }) => MetricName),
    );
    expect([...names].filter((name) => !written.includes(`'${name}'`))).toEqual([]);
    expect(names.size).toBeGreaterThan(3);
  });

  test('of two deployments in one account are apart: their metrics have the name of the deployment', () => {
    const deploymentsOf = (stack: Stack, id: string) => {
      new Piecework(stack, id, { destinations: [{ bucket: Bucket.fromBucketName(stack, 'Target', 'target') }] });
      const made = templateOf(stack);
      made.hasResourceProperties('AWS::Lambda::Function', {
        Environment: { Variables: Match.objectLike({ PIECEWORK_DEPLOYMENT: `${stack.stackName}/${id}` }) },
      });
      const own = alarmsOf(made).flatMap((alarm) =>
        metricsOf(alarm).filter(({ Namespace }) => Namespace === 'Piecework'),
      );
      return new Set(own.map(({ Dimensions = [] }) => Dimensions.find(({ Name }) => Name === 'deployment')?.Value));
    };
    expect(deploymentsOf(new Stack(testApp(), 'Day'), 'Piecework')).toEqual(new Set(['Day/Piecework']));
    expect(deploymentsOf(new Stack(testApp(), 'Night', { stackName: 'files-night' }), 'Files')).toEqual(
      new Set(['files-night/Files']),
    );
  });
});

describe('the dashboard', () => {
  test('begins with the alarms, and has what was counted, what waits, what fails and what runs side by side', () => {
    const [[, dashboard] = []] = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.Properties['DashboardBody']);
    const titles = [...body.matchAll(/\\\\\\"title\\\\\\":\\\\\\"([^\\]+)|\\"title\\":\\"([^\\]+)/g)].map(
      ([, one, two]) => one ?? two,
    );
    expect(titles[0]).toMatch(/^Alarms/);
    expect(titles).toEqual(
      expect.arrayContaining([
        'Transfers by end',
        'Age of the oldest, seconds',
        'Tried again, by reason',
        'Batches by end',
      ]),
    );
  });

  test('is left out where it is not wanted', () => {
    templateOf(pieceworkStack(() => ({ dashboard: false }))).resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });
});
