import { PieceworkError } from '../../../errors/error.ts';
import { systemClock } from '../../../system/clock.ts';
import type { Clock } from '../../../values/time.ts';
import { toIso } from '../../../values/time.ts';
import { formatDuration } from '../../../values/units.ts';
import type { EventSource, Switches } from './switches.ts';

export interface SwitchOptions {
  /** @default this machine's */
  readonly clock?: Clock;
  /** Gets those that are not yet as they are to be, each time that AWS is asked. @default none */
  readonly onWaiting?: (waiting: readonly EventSource[]) => void;
  /** @default 5 minutes: AWS takes seconds, a minute at times */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 300_000;
const LOOK_MS = 2_000;
/** A change that AWS took and did not make is asked for again. */
const ASK_AGAIN_MS = 30_000;

/**
 * Nothing is worked on any more: no event source hands out messages, and no tick runs, which would take what waits for
 * lost and send it again, and end what is past its deadline. Submits are taken, and wait. What functions have in hand
 * comes to its end.
 *
 * The note goes first and is deleted last, so that one that is cut off half-way is seen.
 * @throws PieceworkError `HomeUnavailable`: AWS has not switched all of them in time; asking again goes on with it.
 */
export async function pauseDeployment(
  switches: Switches,
  because: string | undefined,
  options: SwitchOptions,
  signal: AbortSignal,
): Promise<void> {
  const earlier = await switches.note();
  if (earlier === undefined || because !== undefined) {
    const since = earlier?.since ?? toIso((options.clock ?? systemClock).now());
    await switches.writeNote({ v: 1, since, ...(because === undefined ? {} : { because }) });
  }
  await switches.switchSchedule(false);
  await switchAll(switches, false, options, signal);
}

/** Everything goes on from where it stands. @throws as `pauseDeployment` */
export async function resumeDeployment(switches: Switches, options: SwitchOptions, signal: AbortSignal): Promise<void> {
  await switchAll(switches, true, options, signal);
  await switches.switchSchedule(true);
  await switches.deleteNote();
}

async function switchAll(
  switches: Switches,
  on: boolean,
  { clock = systemClock, onWaiting = () => {}, timeoutMs = TIMEOUT_MS }: SwitchOptions,
  signal: AbortSignal,
): Promise<void> {
  const until = clock.now() + timeoutMs;
  const wanted = on ? 'Enabled' : 'Disabled';
  const askedAt = new Map<string, number>();
  for (;;) {
    const waiting = (await switches.eventSources()).filter(({ state }) => state !== wanted);
    if (waiting.length === 0) return;
    onWaiting(waiting);
    if (clock.now() >= until) throw notInTime(waiting, wanted, timeoutMs);
    for (const { id, state } of waiting) {
      const isResting = state === 'Enabled' || state === 'Disabled';
      if (!isResting || clock.now() - (askedAt.get(id) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN_MS) continue;
      if (await switches.switchEventSource(id, on)) askedAt.set(id, clock.now());
    }
    await clock.sleep(LOOK_MS, signal);
  }
}

function notInTime(waiting: readonly EventSource[], wanted: string, timeoutMs: number): PieceworkError {
  const which = waiting.map(({ queue, state }) => `${queue} is ${state}`).join(', ');
  return new PieceworkError(
    'HomeUnavailable',
    `AWS Lambda has not switched every event source to ${wanted} in ${formatDuration(timeoutMs)}: ${which}; run it again`,
    { details: { target: 'event sources', reason: wanted } },
  );
}
