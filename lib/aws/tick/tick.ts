import type { Context } from 'aws-lambda';
import { unmarkedSealed } from '../../pipeline/shared/markers.ts';
import { sweepOpen } from '../../pipeline/shared/quotas/open.ts';
import type { Instant } from '../../values/time.ts';
import { signalOf } from '../messages/batches.ts';
import { dropEnded } from '../messages/dead-letters.ts';
import { tickBatches } from './batches.ts';
import type { TickHome } from './home.ts';
import { lookAtAll } from './look.ts';
import { SPAN_SIZES, tickTransfers } from './spans.ts';

/** The schedule's tick: looks at all in which work remains, and counts what should have ended or does not move. */
export async function tickAll(
  home: TickHome,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  sizes = SPAN_SIZES,
): Promise<undefined> {
  const signal = signalOf(context);
  await Promise.all([tickTransfers(home, signal, sizes), tickBatches(home, signal)]);
  if (isSweep(home.ports.clock.now())) {
    await lookAtAll(home, unmarkedSealed(home.ports), signal);
    await sweepOpen(home.ports);
  }
  await dropDeadLetters(home, signal);
  home.flush();
  return undefined;
}

/** Last, and without harm to the rest: they only keep an alarm on. */
async function dropDeadLetters(home: TickHome, signal: AbortSignal): Promise<void> {
  for (const [queue, letters] of Object.entries(home.deadLetters)) {
    try {
      await dropEnded(home.ports, letters, (about) => home.letterDropped(queue, about), signal);
    } catch (error) {
      home.tickFailed({ queue }, error);
    }
  }
}

/** Once an hour: what it looks for is left by a crash at one moment in thousands. */
function isSweep(now: Instant): boolean {
  return Math.floor(now / 60_000) % 60 === 0;
}
