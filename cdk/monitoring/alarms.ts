import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { LEFT_METRIC, STUCK_BATCHES_METRIC, STUCK_METRIC } from '../../lib/aws/names.ts';
import type { DeploymentMetrics } from './metrics.ts';

/** One alarm: what it means in a sentence, and when it fires. */
interface Rule {
  readonly what: string;
  readonly metric: IMetric;
  /** It fires at this value and above; with `below` under it, and where there is no data. */
  readonly threshold: number;
  /** So many periods of the metric, one after the other. @default 1 */
  readonly periods?: number;
  /** @default false: no data is well */
  readonly below?: true;
}

const QUARTER_HOUR_S = 15 * 60;

/** Each under the name of its heading in docs/runbook.md. */
function rulesOf(metrics: DeploymentMetrics): Readonly<Record<string, Rule>> {
  const { plans, pieces, results, parked } = metrics.queues;
  return {
    'Parked messages': {
      what: 'A message that no function understands was put aside.',
      metric: metrics.waiting(parked),
      threshold: 1,
    },
    'Piece dead letters': {
      what: 'Fetchers died again and again over a piece.',
      // The finalizer takes them at once, so what counts is what was received.
      metric: metrics.received(pieces.dead),
      threshold: 1,
    },
    'Plan dead letters': {
      what: 'Planners died again and again over a transfer.',
      metric: metrics.waiting(plans.dead),
      threshold: 1,
    },
    'Result dead letters': {
      what: 'Finalizers died again and again over results.',
      metric: metrics.waiting(results.dead),
      threshold: 1,
    },
    'Oldest piece': {
      what: 'Pieces wait for a fetcher for more than 15 minutes.',
      metric: metrics.age(pieces.queue),
      threshold: QUARTER_HOUR_S,
      periods: 5,
    },
    'Oldest plan': {
      what: 'Transfers wait for a planner for more than 15 minutes.',
      metric: metrics.age(plans.queue),
      threshold: QUARTER_HOUR_S,
      periods: 5,
    },
    'Oldest result': {
      what: 'Results wait for the finalizer for more than 5 minutes.',
      metric: metrics.age(results.queue),
      threshold: 5 * 60,
      periods: 3,
    },
    'Finalizer errors': {
      what: 'The finalizer fails, so nothing is sent again and nothing ends.',
      metric: metrics.errors('finalizer'),
      threshold: 1,
      periods: 2,
    },
    'Function errors': {
      what: 'The API, planners or fetchers fail as a whole, again and again.',
      metric: metrics.errors('api', 'planner', 'fetcher'),
      threshold: 5,
      periods: 2,
    },
    Throttles: {
      what: 'The account has no room for the functions.',
      metric: metrics.throttles(),
      threshold: 10,
      periods: 3,
    },
    'Planner near its time-out': {
      what: 'A planner took 95 % of its time, so the next may be cut off.',
      metric: metrics.timeUsed('planner'),
      threshold: 95,
    },
    'Finalizer near its time-out': {
      what: 'A finalizer took 80 % of its time: a tick hardly looks at all active transfers.',
      metric: metrics.timeUsed('finalizer'),
      threshold: 80,
      periods: 3,
    },
    'No tick': {
      what: 'No tick has run for 15 minutes, so nothing that was lost is sent again.',
      metric: metrics.ticks(),
      threshold: 1,
      periods: 3,
      below: true,
    },
    'Destination denied': {
      what: 'Transfers fail since a right at a destination is missing.',
      metric: metrics.counted('Failures', ['api', 'planner', 'finalizer'], { code: 'DestinationDenied' }),
      threshold: 1,
    },
    'API errors': {
      what: 'The API answers with 5xx.',
      metric: metrics.apiErrors(),
      threshold: 5,
      periods: 2,
    },
    'API refusals': {
      what: 'The API refuses most of what it is asked.',
      metric: metrics.apiRefusals(),
      threshold: 50,
      periods: 3,
    },
    'Left behind': {
      what: 'At a destination that was taken out something is left to clean up.',
      metric: metrics.counted(LEFT_METRIC, ['finalizer']),
      threshold: 1,
    },
    'Stuck transfers': {
      what: 'Transfers should have ended and have not.',
      metric: metrics.seen(STUCK_METRIC),
      threshold: 1,
      periods: 2,
    },
    'Stuck batches': {
      what: 'Batches have not moved for an hour.',
      metric: metrics.seen(STUCK_BATCHES_METRIC),
      threshold: 1,
      periods: 2,
    },
  };
}

/** Alarms, each with a heading of its own in docs/runbook.md. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, metrics: DeploymentMetrics, topic: ITopic | undefined) {
    super(scope, id);
    this.all = Object.entries(rulesOf(metrics)).map(([heading, rule]) => {
      const { what, metric, threshold, periods = 1, below = false } = rule;
      const alarm = new Alarm(this, idOf(heading), {
        alarmDescription: `${what} See docs/runbook.md#${heading.toLowerCase().replaceAll(' ', '-')}`,
        metric,
        threshold,
        evaluationPeriods: periods,
        comparisonOperator: below
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        // Counts are written where there is something to count, and queues that rest have no data.
        treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      if (topic !== undefined) alarm.addAlarmAction(new SnsAction(topic));
      return alarm;
    });
  }
}

/** `Finalizer near its time-out` → `FinalizerNearItsTimeOut`. */
function idOf(heading: string): string {
  return heading
    .split(/[ -]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
