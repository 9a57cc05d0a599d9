import type { Destination } from '../../destinations/destination.ts';
import { PieceworkError, toErrorRecord } from '../../errors/error.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { PieceworkEvent } from '../../transfer/progress/events.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { fromIso } from '../../values/time.ts';
import type { Ports } from '../shared/ports.ts';
import type { Wait } from './step.ts';

type Left = Extract<PieceworkEvent, { readonly type: 'left' }>;

/** What can't be cleaned up, and where it is. */
interface WhatStays extends Pick<Left, 'what' | 'uploadId'> {
  readonly destination: Pick<Destination, 'describe'>;
  readonly at: DestinationLocator;
}

/**
 * After a step of the clean-up that failed. At a destination that the deployment no longer has, nothing can be done: it
 * may come back for a while, and then what stands there is named to the operator, so that the transfer ends
 * (protocol §4).
 * @returns a wait, or `left` once it was named.
 * @throws any other error: what may pass, or what a right would mend, is tried again.
 */
export async function nameLeft(
  ports: Ports,
  record: TransferRecord,
  error: unknown,
  { at, destination, ...what }: WhatStays,
): Promise<'left' | Wait> {
  if (!(error instanceof PieceworkError) || error.code !== 'DestinationWithdrawn') throw error;
  const patienceMs = ports.policy.proofPatienceMs;
  const until = record.endedAt === undefined ? Number.POSITIVE_INFINITY : fromIso(record.endedAt) + patienceMs;
  const now = ports.clock.now();
  if (now < until) return { waitMs: Math.min(until - now, patienceMs) };
  const target = destination.describe(at);
  await ports.events.emit({ type: 'left', transferId: record.id, ...what, target, reason: toErrorRecord(error) });
  return 'left';
}
