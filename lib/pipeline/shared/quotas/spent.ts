import type { SpentEntry } from '../../../records/records.ts';
import { KEYS } from '../../../records/records.ts';
import { fractionOf } from '../../../values/random.ts';
import type { Instant } from '../../../values/time.ts';
import { toIso } from '../../../values/time.ts';
import { changeDocument } from '../batches/documents.ts';
import type { Ports } from '../ports.ts';
import { limitsOf } from './limits.ts';
import { quotaExceeded } from './quota-exceeded.ts';

/** Documents of an owner's day: finalizers that count at the same moment rarely meet. */
const PARTS = 4;
/** So many names each of them knows, by which an end that is announced twice is counted once. */
const MOST_KNOWN = 64;
const DAY_MS = 86_400_000;

/** @throws PieceworkError `QuotaExceeded` where the owner has brought today what it may. */
export async function checkSpent(ports: Pick<Ports, 'records' | 'clock' | 'policy'>, owner: string): Promise<void> {
  const { bytesPerDay } = limitsOf(ports, owner);
  if (bytesPerDay === undefined) return;
  const now = ports.clock.now();
  const parts = await Promise.all(
    Array.from({ length: PARTS }, async (_, part) => await ports.records.get(KEYS.spent(owner, dayOf(now), part))),
  );
  const used = parts.reduce((sum, found) => sum + (found?.value.bytes ?? 0), 0);
  if (used >= bytesPerDay) throw quotaExceeded('bytesPerDay', bytesPerDay, used, DAY_MS - (now % DAY_MS));
}

/**
 * Counts what was brought for the day of its owner; again under the same name, it changes nothing.
 * @param name of what brought it
 * @throws PieceworkError `Conflict` after eight lost swaps: announce the end again.
 */
export async function countSpent(
  ports: Pick<Ports, 'records' | 'ids' | 'clock' | 'policy'>,
  owner: string,
  name: string,
  bytes: number,
): Promise<void> {
  if (bytes <= 0 || limitsOf(ports, owner).bytesPerDay === undefined) return;
  const key = KEYS.spent(owner, dayOf(ports.clock.now()), Math.floor(fractionOf(name) * PARTS));
  await changeDocument<SpentEntry>(ports, key, (there = { v: 1, bytes: 0, lately: [] }) =>
    there.lately.includes(name)
      ? undefined
      : { ...there, bytes: there.bytes + bytes, lately: [...there.lately, name].slice(-MOST_KNOWN) },
  );
}

/** UTC. */
function dayOf(now: Instant): string {
  return toIso(now).slice(0, 10);
}
