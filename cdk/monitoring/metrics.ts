import { Duration } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Stage } from '../../lib/aws/names.ts';
import { METRICS_NAMESPACE, serviceName } from '../../lib/aws/names.ts';
import type { TaskQueue } from '../queues.ts';
import type { StageFunctions } from '../rights.ts';

/** What is watched of a deployment. */
export interface Watched {
  /** Dimension of its own metrics: two deployments of one account and Region are apart. */
  readonly deployment: string;
  readonly stages: StageFunctions;
  readonly api: RestApi;
  readonly plans: TaskQueue;
  readonly streams: TaskQueue;
  readonly pieces: TaskQueue;
  readonly results: TaskQueue;
  readonly parked: Queue;
  /** Where an end may be notified. */
  readonly notifications: TaskQueue | undefined;
}

const MINUTE = { period: Duration.minutes(1) };
const FIVE_MINUTES = { period: Duration.minutes(5) };

/** The metrics that alarms and dashboard read, each written once. */
export function metricsOf({ deployment, stages, api, ...queues }: Watched) {
  const own = (name: string, stage: Stage, statistic: string, more: Readonly<Record<string, string>> = {}) =>
    new Metric({
      namespace: METRICS_NAMESPACE,
      metricName: name,
      ...FIVE_MINUTES,
      statistic,
      dimensionsMap: { deployment, service: serviceName(stage), ...more },
    });
  const ofFunction = (stage: Stage, what: 'Errors' | 'Throttles') =>
    stages[stage].function.metric(what, { ...FIVE_MINUTES, statistic: Stats.SUM });
  const longest = (stage: Stage) =>
    stages[stage].function.metricDuration({ ...FIVE_MINUTES, statistic: Stats.MAXIMUM });
  const timeoutMs = (stage: Stage) => stages[stage].function.timeout?.toMilliseconds() ?? Number.NaN;
  return {
    /** Counted by the stages that may count it, together. */
    counted: (name: string, by: readonly Stage[], more: Readonly<Record<string, string>> = {}) =>
      sum(
        by.map((stage) => own(name, stage, Stats.SUM, more)),
        Object.values(more)[0] ?? name,
      ),
    /** As the last tick saw it. */
    seen: (name: string) => own(name, 'finalizer', Stats.MAXIMUM),
    ticks: () => own('ActiveTransfers', 'finalizer', Stats.SAMPLE_COUNT),
    waiting: (queue: Queue) => queue.metricApproximateNumberOfMessagesVisible({ ...MINUTE, statistic: Stats.MAXIMUM }),
    inFlight: (queue: Queue) =>
      queue.metricApproximateNumberOfMessagesNotVisible({ ...MINUTE, statistic: Stats.MAXIMUM }),
    received: (queue: Queue) => queue.metricNumberOfMessagesReceived({ ...FIVE_MINUTES, statistic: Stats.SUM }),
    age: (queue: Queue) => queue.metricApproximateAgeOfOldestMessage({ ...MINUTE, statistic: Stats.MAXIMUM }),
    errors: (...of: readonly Stage[]) =>
      sum(
        of.map((stage) => ofFunction(stage, 'Errors')),
        'errors',
      ),
    throttles: (...of: readonly Stage[]) =>
      sum(
        of.map((stage) => ofFunction(stage, 'Throttles')),
        'throttles',
      ),
    longest,
    timeoutMs,
    /** How much of its time-out the longest run took, in percent. */
    timeUsed: (stage: Stage) =>
      new MathExpression({
        expression: `100 * ${stage}Longest / ${timeoutMs(stage)}`,
        label: stage,
        ...FIVE_MINUTES,
        usingMetrics: {
          [`${stage}Longest`]: longest(stage),
        },
      }),
    concurrency: (stage: Stage) =>
      stages[stage].function.metric('ConcurrentExecutions', { ...MINUTE, statistic: Stats.MAXIMUM, label: stage }),
    /** All functions of the account and Region. */
    accountConcurrency: () =>
      new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'ConcurrentExecutions',
        ...MINUTE,
        statistic: Stats.MAXIMUM,
        label: 'all of the account',
      }),
    apiErrors: () => api.metricServerError({ ...FIVE_MINUTES, statistic: Stats.SUM }),
    /** Of the requests, 0 to 1. */
    apiRefusals: () => api.metricClientError({ ...FIVE_MINUTES, statistic: Stats.AVERAGE }),
    queues,
  };
}

export type DeploymentMetrics = ReturnType<typeof metricsOf>;

/** A metric that has not been written yet counts nothing. Ids are of the whole graph, so they are made of its label. */
function sum(metrics: readonly IMetric[], label: string): IMetric {
  const [only] = metrics;
  if (metrics.length === 1 && only !== undefined) return only;
  const named = metrics.map((metric, index) => [`m${label.replaceAll(/\W/g, '')}${index}`, metric] as const);
  return new MathExpression({
    expression: named.map(([name]) => `FILL(${name}, 0)`).join(' + '),
    label,
    ...FIVE_MINUTES,
    usingMetrics: Object.fromEntries(named),
  });
}
