import type { AlarmProps, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Stage } from '../../lib/aws/names.ts';
import { LEFT_METRIC, STUCK_BATCHES_METRIC, STUCK_METRIC } from '../../lib/aws/names.ts';
import { GROUPS } from './groups.ts';
import type { DeploymentMetrics } from './metrics.ts';

/** What it means in a sentence, and when it fires. */
interface Rule {
  readonly what: string;
  /** Each is an alarm of its own: stand-ins have none on sums, and each metric of a sum costs as much as an alarm. */
  readonly metrics: Readonly<Record<string, IMetric>>;
  /** It fires at this value and above; with `below` under it, and where there is no data. */
  readonly threshold: number;
  /** So many periods of the metric, one after the other. @default 1 */
  readonly periods?: number;
  /** @default false: no data is well */
  readonly below?: boolean;
}

const QUARTER_HOUR_S = 15 * 60;

/** Each under the name of its heading in docs/runbook.md. */
function rulesOf(metrics: DeploymentMetrics): Readonly<Record<string, Rule>> {
  const { plans, streams, pieces, results, parked, notifications } = metrics.queues;
  return {
    'Parked messages': {
      what: 'A message that no function understands was put aside.',
      metrics: { '': metrics.waiting(parked) },
      threshold: 1,
    },
    'Piece dead letters': {
      what: 'Fetchers died again and again over a piece.',
      // The finalizer takes them at once, so what counts is what was received.
      metrics: { '': metrics.received(pieces.dead) },
      threshold: 1,
    },
    'Plan dead letters': {
      what: 'Planners died again and again over a transfer.',
      metrics: { '': metrics.waiting(plans.dead) },
      threshold: 1,
    },
    'Stream dead letters': {
      what: 'Planners died again and again over a stream.',
      metrics: { '': metrics.waiting(streams.dead) },
      threshold: 1,
    },
    'Result dead letters': {
      what: 'Finalizers died again and again over results.',
      metrics: { '': metrics.waiting(results.dead) },
      threshold: 1,
    },
    ...(notifications === undefined
      ? {}
      : {
          'Notification dead letters': {
            what: 'A webhook or a task was not notified of an end, and no more tries follow.',
            metrics: { '': metrics.waiting(notifications.dead) },
            threshold: 1,
          },
        }),
    'Oldest piece': {
      what: 'Pieces wait for a fetcher for more than 15 minutes.',
      metrics: { '': metrics.age(pieces.queue) },
      threshold: QUARTER_HOUR_S,
      periods: 5,
    },
    'Oldest plan': {
      what: 'Transfers wait for a planner for more than 15 minutes.',
      metrics: { '': metrics.age(plans.queue) },
      threshold: QUARTER_HOUR_S,
      periods: 5,
    },
    // Each takes its worker up to fifteen minutes, and some may wait for theirs.
    'Oldest stream': {
      what: 'Sources without ranges wait for a worker for more than an hour.',
      metrics: { '': metrics.age(streams.queue) },
      threshold: 4 * QUARTER_HOUR_S,
      periods: 5,
    },
    'Oldest result': {
      what: 'Results wait for the finalizer for more than 5 minutes.',
      metrics: { '': metrics.age(results.queue) },
      threshold: 5 * 60,
      periods: 3,
    },
    'Finalizer errors': {
      what: 'The finalizer fails, so nothing is sent again and nothing ends.',
      metrics: { '': metrics.errors('finalizer') },
      threshold: 1,
      periods: 2,
    },
    'Function errors': {
      what: 'The API, planners or fetchers fail as a whole, again and again.',
      metrics: ofEach(['api', 'planner', 'fetcher'], (stage) => metrics.errors(stage)),
      threshold: 5,
      periods: 2,
    },
    Throttles: {
      what: 'The account has no room for the functions.',
      metrics: ofEach(['api', 'planner', 'fetcher', 'finalizer'], (stage) => metrics.throttles(stage)),
      threshold: 10,
      periods: 3,
    },
    'Planner near its time-out': {
      what: 'A planner took 95 % of its time, so the next may be cut off.',
      metrics: { '': metrics.longest('planner') },
      threshold: 0.95 * metrics.timeoutMs('planner'),
    },
    'Finalizer near its time-out': {
      what: 'A finalizer took 80 % of its time: a tick hardly looks at all active transfers.',
      metrics: { '': metrics.longest('finalizer') },
      threshold: 0.8 * metrics.timeoutMs('finalizer'),
      periods: 3,
    },
    'No tick': {
      what: 'No tick has run for 15 minutes, so nothing that was lost is sent again.',
      metrics: { '': metrics.ticks() },
      threshold: 1,
      periods: 3,
      below: true,
    },
    'Destination denied': {
      what: 'Transfers fail since a right at a destination is missing.',
      metrics: ofEach(['planner', 'finalizer'], (stage) =>
        metrics.counted('Failures', [stage], { code: 'DestinationDenied' }),
      ),
      threshold: 1,
    },
    'API errors': {
      what: 'The API answers with 5xx.',
      metrics: { '': metrics.apiErrors() },
      threshold: 5,
      periods: 2,
    },
    'API refusals': {
      what: 'The API refuses most of what it is asked.',
      metrics: { '': metrics.apiRefusals() },
      threshold: 0.5,
      periods: 3,
    },
    'Left behind': {
      what: 'At a destination that was taken out something is left to clean up.',
      metrics: { '': metrics.counted(LEFT_METRIC, ['finalizer']) },
      threshold: 1,
    },
    'Stuck transfers': {
      what: 'Transfers should have ended and have not.',
      metrics: { '': metrics.seen(STUCK_METRIC) },
      threshold: 1,
      periods: 2,
    },
    'Stuck batches': {
      what: 'Batches have not moved for an hour.',
      metrics: { '': metrics.seen(STUCK_BATCHES_METRIC) },
      threshold: 1,
      periods: 2,
    },
  };
}

/**
 * Alarms, each with a heading of its own in docs/runbook.md. With a topic to call, those that say the same are a group,
 * and that calls in their place. Without one no call is made, and groups would only cost.
 */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly groups: readonly CompositeAlarm[];

  constructor(scope: Construct, id: string, metrics: DeploymentMetrics, topic: ITopic | undefined) {
    super(scope, id);
    const made = new Map(
      Object.entries(rulesOf(metrics)).flatMap(([heading, rule]) =>
        Object.entries(rule.metrics).map(([part, metric]) => {
          const name = idOf(`${part} ${heading}`);
          return [name, new Alarm(this, name, { ...settingsOf(heading, rule), metric })];
        }),
      ),
    );
    this.all = [...made.values()];
    this.groups = topic === undefined ? [] : this.#group(made);
    if (topic !== undefined)
      for (const alarm of [...this.groups, ...made.values()]) alarm.addAlarmAction(new SnsAction(topic));
  }

  /** Takes what it groups out of `alone`. */
  #group(alone: Map<string, Alarm>): readonly CompositeAlarm[] {
    return Object.entries(GROUPS).map(([heading, { what, alarms }]) => {
      const on = alarms.map((name) => {
        const alarm = alone.get(name);
        if (alarm === undefined) throw new Error(`"${heading}" groups ${name}, which is no alarm or of another group`);
        alone.delete(name);
        return AlarmRule.fromAlarm(alarm, AlarmState.ALARM);
      });
      return new CompositeAlarm(this, idOf(heading), {
        alarmDescription: describe(what, heading),
        alarmRule: AlarmRule.anyOf(...on),
      });
    });
  }
}

function describe(what: string, heading: string): string {
  return `${what} See docs/runbook.md#${heading.toLowerCase().replaceAll(' ', '-')}`;
}

function settingsOf(
  heading: string,
  { what, threshold, periods = 1, below = false }: Rule,
): Omit<AlarmProps, 'metric'> {
  return {
    alarmDescription: describe(what, heading),
    threshold,
    evaluationPeriods: periods,
    comparisonOperator: below
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    // Counts are written where there is something to count, and queues that rest have no data.
    treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  };
}

function ofEach(stages: readonly Stage[], make: (stage: Stage) => IMetric): Readonly<Record<string, IMetric>> {
  return Object.fromEntries(stages.map((stage) => [stage, make(stage)]));
}

/** `Finalizer near its time-out` → `FinalizerNearItsTimeOut`. */
function idOf(heading: string): string {
  return heading
    .split(/[ -]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
