import type { Context } from 'aws-lambda';
import { unmarkedSealed } from '../../pipeline/shared/markers.ts';
import type { Instant } from '../../values/time.ts';
import { signalOf } from '../messages/batches.ts';
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
  if (isSweep(home.ports.clock.now())) await lookAtAll(home, unmarkedSealed(home.ports), signal);
  home.flush();
  return undefined;
}

/** Once an hour: what it looks for is left by a crash at one moment in thousands. */
function isSweep(now: Instant): boolean {
  return Math.floor(now / 60_000) % 60 === 0;
}
