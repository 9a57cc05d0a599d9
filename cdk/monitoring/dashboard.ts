import { Duration } from 'aws-cdk-lib';
import type { IAlarm, IMetric, IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { AlarmStatusWidget, Dashboard, GraphWidget, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Stage } from '../../lib/aws/names.ts';
import { STUCK_BATCHES_METRIC, STUCK_METRIC } from '../../lib/aws/names.ts';
import type { DeploymentMetrics } from './metrics.ts';

const STAGES: readonly Stage[] = ['planner', 'fetcher', 'finalizer', 'api'];
const ENDING: readonly Stage[] = ['api', 'planner', 'finalizer'];
const MOVING: readonly Stage[] = ['planner', 'fetcher'];
/** The commonest reasons to try a piece again: CloudWatch's own search shows all. */
const RETRY_CODES = ['SourceBusy', 'SourceServerError', 'SourceReset', 'SourceStalled', 'WorkerDied', 'BodyShort'];

/** Rows in the order in which one looks when something fails: does it work, what waits, what fails, what it costs. */
export function dashboardOf(
  scope: Construct,
  id: string,
  metrics: DeploymentMetrics,
  alarms: readonly IAlarm[],
): Dashboard {
  const { plans, streams, pieces, results, parked } = metrics.queues;
  const rows: readonly (readonly IWidget[])[] = [
    [
      new AlarmStatusWidget({
        title: 'Alarms, each with its heading in docs/runbook.md',
        alarms: [...alarms],
        width: 24,
      }),
    ],
    [
      graph(
        'Transfers by end',
        ['completed', 'failed', 'cancelled'].map((end) => metrics.counted('Transfers', ENDING, { end })),
      ),
      graph('Bytes in five minutes', [metrics.counted('Bytes', MOVING)]),
      graph('Active, and stuck', [metrics.seen('ActiveTransfers'), metrics.seen(STUCK_METRIC)]),
    ],
    [
      graph('Pieces and streams: waiting, and in flight', [
        metrics.waiting(pieces.queue),
        metrics.inFlight(pieces.queue),
        metrics.waiting(streams.queue),
        metrics.inFlight(streams.queue),
      ]),
      graph(
        'Age of the oldest, seconds',
        [pieces, plans, streams, results].map(({ queue }) => metrics.age(queue)),
      ),
      graph(
        'Dead letters, and parked',
        [plans.dead, streams.dead, pieces.dead, results.dead, parked].map((queue) => metrics.waiting(queue)),
      ),
    ],
    [
      graph(
        'Tried again, by reason',
        RETRY_CODES.map((code) => metrics.counted('Retries', ['planner', 'fetcher', 'finalizer'], { code })),
      ),
      graph(
        'Sources that ask for patience',
        ['429', '503', '403'].map((status) =>
          metrics.counted('SourceStatus', ['planner', 'fetcher', 'finalizer'], { status }),
        ),
      ),
      graph('Pieces, and asked for once more since slow', [
        metrics.counted('Pieces', MOVING),
        metrics.counted('Rescues', ['planner', 'fetcher', 'finalizer']),
      ]),
    ],
    [
      graph('Errors of functions, and throttles', [metrics.errors(...STAGES), metrics.throttles(...STAGES)]),
      graph(
        'Longest run, % of the time-out',
        STAGES.map((stage) => metrics.timeUsed(stage)),
      ),
      graph('Side by side, beside the account’s', [
        ...STAGES.map((stage) => metrics.concurrency(stage)),
        metrics.accountConcurrency(),
      ]),
    ],
    [
      graph(
        'Batches by end',
        ['completed', 'failed', 'cancelled'].map((end) => metrics.counted('Batches', ENDING, { end })),
      ),
      graph(
        'Entries by outcome',
        ['done', 'unchanged', 'failed', 'cancelled'].map((outcome) =>
          metrics.counted('BatchEntries', ENDING, { outcome }),
        ),
      ),
      graph('Active batches, and stuck', [metrics.seen('ActiveBatches'), metrics.seen(STUCK_BATCHES_METRIC)]),
    ],
    [
      graph('The API: 5xx, and the share that is refused', [metrics.apiErrors(), metrics.apiRefusals()]),
      new TextWidget({
        width: 16,
        height: 6,
        markdown:
          '[Runbook](https://www.npmjs.com/package/piecework): `docs/runbook.md` in the package. Costs: `docs/scale.md`.',
      }),
    ],
  ];
  return new Dashboard(scope, id, { defaultInterval: Duration.hours(3), widgets: rows.map((row) => [...row]) });
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6, leftYAxis: { min: 0, showUnits: false } });
}
