import { PieceworkError } from '../../../errors/error.ts';
import { systemClock } from '../../../system/clock.ts';
import type { Clock } from '../../../values/time.ts';
import { formatDuration } from '../../../values/units.ts';

/** What is left to do of a deployment. */
export interface Work {
  /** Some of its event sources, or its schedule, are off. */
  readonly isPaused: boolean;
  /** Transfers and batches that are not over. */
  readonly transfers: number;
  readonly batches: number;
  /** Messages on the way to functions. */
  readonly waiting: number;
  /** Messages that functions have in hand. */
  readonly inHand: number;
  /** Notifications of ends that are being sent. Absent = the deployment notifies of none. */
  readonly notifications?: number;
  /** Those that are tried again later, up to 16 hours after the end. Absent = as above. */
  readonly notificationsLater?: number;
}

export interface DrainOptions {
  /** @default this machine's */
  readonly clock?: Clock;
  readonly timeoutMs: number;
  /** Gets what is left each time that it is another. @default none */
  readonly onWork?: (work: Work) => void;
}

const LOOK_MS = 5_000;

/**
 * "The metrics may not achieve consistency until at least 1 minute after the producers stop sending messages."
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 */
const SURE_MS = 60_000;

/**
 * Waits until nothing is under way: of a deployment that works, until every transfer and batch is over, which their
 * records say for certain; of one that is paused, until no function has a message in hand, which queues say
 * approximately, and so for a minute. As long, no notification of an end may be on its way; one that its receiver has
 * refused, and that is tried again later, is not waited for. What is only held or cleaned up does not count.
 * @returns what is left then: of a paused one, what goes on when it is resumed
 * @throws PieceworkError `WorkRemains` after `timeoutMs`.
 */
export async function drain(
  look: () => Promise<Work>,
  { clock = systemClock, timeoutMs, onWork = () => {} }: DrainOptions,
  signal: AbortSignal,
): Promise<Work> {
  const until = clock.now() + timeoutMs;
  let quietSince: number | undefined;
  let said = '';
  for (;;) {
    const work = await look();
    const text = JSON.stringify(work);
    if (text !== said) onWork(work);
    said = text;
    const now = clock.now();
    quietSince = isQuiet(work) ? (quietSince ?? now) : undefined;
    const isSure = !work.isPaused && work.notifications === undefined;
    if (quietSince !== undefined && (isSure || now - quietSince >= SURE_MS)) return work;
    if (now >= until) throw remains(work, timeoutMs);
    await clock.sleep(LOOK_MS, signal);
  }
}

function isQuiet({ isPaused, transfers, batches, inHand, notifications = 0 }: Work): boolean {
  return isPaused ? inHand === 0 : transfers + batches + notifications === 0;
}

function remains(work: Work, timeoutMs: number): PieceworkError {
  const { transfers, batches, waiting, inHand, isPaused, notifications } = work;
  const notifying = notifications === undefined ? '' : `, notifications: ${notifications}`;
  const left = isPaused
    ? `functions may still have messages in hand (${inHand} now; queues say so for certain only after a minute)`
    : `not everything is over: transfers: ${transfers}, batches: ${batches}${notifying}`;
  return new PieceworkError(
    'WorkRemains',
    `after ${formatDuration(timeoutMs)} ${left}; wait longer with --timeout, or see piecework ops doctor`,
    { details: { transfers, batches, waiting, inHand } },
  );
}
