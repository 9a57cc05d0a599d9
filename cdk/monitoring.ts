import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { LEFT_METRIC, METRICS_NAMESPACE, STUCK_BATCHES_METRIC, STUCK_METRIC, serviceName } from '../lib/aws/names.ts';
import type { StageFunctions } from './rights.ts';

export interface MonitoringProps {
  readonly stages: StageFunctions;
  readonly parked: Queue;
  readonly pieces: Queue;
  readonly piecesDead: Queue;
  readonly plansDead: Queue;
  readonly resultsDead: Queue;
  readonly topic?: ITopic;
}

/** Alarms, each under the name of its heading in docs/runbook.md. */
export class Monitoring extends Construct {
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.#topic = props.topic;
    const minute = { period: Duration.minutes(1) };
    const waiting = (queue: Queue) =>
      queue.metricApproximateNumberOfMessagesVisible({ ...minute, statistic: Stats.MAXIMUM });

    this.#alarm(
      'ParkedMessages',
      'parked-messages',
      'A message that no function understands was put aside.',
      waiting(props.parked),
      1,
    );
    // The finalizer takes them at once, so what counts is what was received.
    const died = props.piecesDead.metricNumberOfMessagesReceived({ period: Duration.minutes(5), statistic: Stats.SUM });
    this.#alarm('PieceDeadLetters', 'piece-dead-letters', 'Fetchers died again and again over a piece.', died, 1);
    this.#alarm(
      'PlanDeadLetters',
      'plan-dead-letters',
      'Planners died again and again over a transfer.',
      waiting(props.plansDead),
      1,
    );
    this.#alarm(
      'ResultDeadLetters',
      'result-dead-letters',
      'Finalizers died again and again over results.',
      waiting(props.resultsDead),
      1,
    );
    const age = props.pieces.metricApproximateAgeOfOldestMessage({ ...minute, statistic: Stats.MAXIMUM });
    this.#alarm('OldestPiece', 'oldest-piece', 'Pieces wait for a fetcher for more than 15 minutes.', age, 15 * 60, 5);
    const errors = props.stages.finalizer.function.metricErrors({ period: Duration.minutes(5), statistic: Stats.SUM });
    this.#alarm(
      'FinalizerErrors',
      'finalizer-errors',
      'The finalizer fails, so nothing is sent again and nothing ends.',
      errors,
      1,
      2,
    );
    const stuck = ofFinalizer(STUCK_METRIC, Stats.MAXIMUM);
    this.#alarm('StuckTransfers', 'stuck-transfers', 'Transfers should have ended and have not.', stuck, 1, 2);
    const still = ofFinalizer(STUCK_BATCHES_METRIC, Stats.MAXIMUM);
    this.#alarm('StuckBatches', 'stuck-batches', 'Batches have not moved for an hour.', still, 1, 2);
    const left = ofFinalizer(LEFT_METRIC, Stats.SUM);
    this.#alarm(
      'LeftBehind',
      'left-behind',
      'At a destination that was taken out something is left to clean up.',
      left,
      1,
    );
  }

  #alarm(id: string, heading: string, what: string, metric: IMetric, threshold: number, evaluationPeriods = 1): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `${what} See docs/runbook.md#${heading}`,
      metric,
      threshold,
      evaluationPeriods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (this.#topic !== undefined) alarm.addAlarmAction(new SnsAction(this.#topic));
  }
}

/** What the finalizer counts itself. */
function ofFinalizer(metricName: string, statistic: string): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    period: Duration.minutes(5),
    statistic,
    dimensionsMap: { service: serviceName('finalizer') },
  });
}
