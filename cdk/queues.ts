import { Duration } from 'aws-cdk-lib';
import type { QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { HAND_OVER_SECONDS, MOST_RECEIVES, TIME_OUTS_OF_A_DELIVERY } from '../lib/aws/names.ts';

/** Encrypted, TLS only, and kept as long as SQS keeps anything. */
const PRIVATE: QueueProps = {
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  retentionPeriod: Duration.days(14),
};

/**
 * Of a dead letter, until it is parked. How often it was received in the first queue may count here too (AWS does not
 * say, stand-ins differ), and it must come to its consumer all the same.
 */
const MOST_RECEIVES_OF_DEAD = 2 * MOST_RECEIVES;

export interface TaskQueueProps {
  /** Of the function that consumes it. */
  readonly timeout: Duration;
  /**
   * A delivery that no function answers counts as a failure: it lasts six time-outs, so that one for which the account
   * has no room is not taken for a worker that died. The function takes what it works on for its own time alone.
   * @default false: a delivery lasts one time-out
   */
  readonly failuresCount?: boolean;
  /** Of the function that consumes the dead letters. @default none: they are for people */
  readonly deadConsumerTimeout?: Duration;
  /** Where dead letters go that can't be consumed either. @default they stay */
  readonly afterDead?: Queue;
}

/**
 * A queue of tasks for one stage, with its dead letters: encrypted, TLS only, and no slower to notice a dead worker
 * than it must be.
 */
export class TaskQueue extends Construct {
  readonly queue: Queue;
  readonly dead: Queue;

  constructor(scope: Construct, id: string, props: TaskQueueProps) {
    super(scope, id);
    const { timeout, failuresCount = false, deadConsumerTimeout, afterDead } = props;
    const visible = (consumer: Duration, timeOuts = 1) => ({
      visibilityTimeout: Duration.seconds(consumer.toSeconds() * timeOuts + HAND_OVER_SECONDS),
    });
    const redriven = (queue: Queue, maxReceiveCount: number) => ({ deadLetterQueue: { queue, maxReceiveCount } });
    this.dead = new Queue(this, 'Dead', {
      ...PRIVATE,
      ...(deadConsumerTimeout === undefined ? {} : visible(deadConsumerTimeout)),
      ...(afterDead === undefined ? {} : redriven(afterDead, MOST_RECEIVES_OF_DEAD)),
    });
    this.queue = new Queue(this, 'Queue', {
      ...PRIVATE,
      // A message's time-out must outlast the function's.
      ...visible(timeout, failuresCount ? TIME_OUTS_OF_A_DELIVERY : 1),
      ...redriven(this.dead, MOST_RECEIVES),
    });
  }
}

/** A queue that only people empty, or that has no dead letters of its own. */
export function plainQueue(scope: Construct, id: string): Queue {
  return new Queue(scope, id, PRIVATE);
}
