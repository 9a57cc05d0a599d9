import { KEYS } from '../../../records/records.ts';
import { fromIso, toIso } from '../../../values/time.ts';
import { pathsUnder } from '../paths-under.ts';
import type { Ports } from '../ports.ts';
import { createUnlessThere } from '../store.ts';
import { limitsOf } from './limits.ts';
import { quotaExceeded } from './quota-exceeded.ts';
import { checkSpent, countSpent } from './spent.ts';

type QuotaPorts = Pick<Ports, 'records' | 'clock' | 'policy'>;
type ClosingPorts = QuotaPorts & Pick<Ports, 'ids'>;

/** When one ends is not known; a client that asks so often costs little. */
const COME_AGAIN_MS = 60_000;

/** Of a transfer, or what `openBatch` makes of a batch. */
export interface OpenName {
  readonly id: string;
  readonly run: number;
}

export function openBatch(id: string, run: number): OpenName {
  return { id: `batch-${id}`, run };
}

/**
 * Notes that one more of the owner's is open, before anything else is written of it. To note it twice is no harm.
 *
 * The note is written, and then all are listed: of any that race, the last to list sees all others, so there are never
 * more than the quota. Two that race for the last one may both be refused.
 * @throws PieceworkError `QuotaExceeded`, and nothing is noted.
 */
export async function noteOpen(ports: QuotaPorts, owner: string, name: OpenName): Promise<void> {
  const { open } = limitsOf(ports, owner);
  await checkSpent(ports, owner);
  if (open === undefined) return;
  const key = KEYS.open(owner, name.id, name.run);
  const check = async () => {
    const used = await othersOpen(ports, owner, key.path, open);
    if (used >= open) throw quotaExceeded('open', open, used, COME_AGAIN_MS);
  };
  // A caller that asks in vain again and again writes nothing.
  await check();
  await createUnlessThere(ports, key, { v: 1, at: toIso(ports.clock.now()) });
  try {
    await check();
  } catch (error) {
    await ports.records.delete(key);
    throw error;
  }
}

/** It is over, or its run never came to be. */
export async function forgetOpen(
  ports: Pick<Ports, 'records' | 'policy'>,
  owner: string,
  { id, run }: OpenName,
): Promise<void> {
  if (ports.policy.quotas === undefined) return;
  await ports.records.delete(KEYS.open(owner, id, run));
}

/**
 * It has ended: its owner may have another one open, and what it brought counts for the owner's day. Once more is no
 * harm.
 */
export async function closeOpen(ports: ClosingPorts, owner: string, name: OpenName, bytes: number): Promise<void> {
  await countSpent(ports, owner, `${name.id}.${name.run}`, bytes);
  await forgetOpen(ports, owner, name);
}

/** As many as there are, or `most`. */
async function othersOpen(ports: QuotaPorts, owner: string, own: string, most: number): Promise<number> {
  let count = 0;
  for await (const path of pathsUnder(ports.records, KEYS.openOf(owner))) {
    if (path !== own) count += 1;
    if (count >= most) return count;
  }
  return count;
}

/**
 * Forgets what a submit left that was cut off before its marker, or whose record never came to be. Where there is a
 * marker, work remains, and the end will forget it.
 */
export async function sweepOpen(ports: QuotaPorts): Promise<void> {
  if (ports.policy.quotas === undefined) return;
  const noted: string[] = [];
  for await (const path of pathsUnder(ports.records, 'open/')) noted.push(path);
  const active = new Set<string>();
  for (const room of ['active/', 'active-batches/'])
    for await (const path of pathsUnder(ports.records, room)) active.add(path);
  const { deadSubmitMs = ports.policy.orphanAgeMs } = ports.policy;
  for (const path of noted) {
    const [, id, run] = /\/(?:batch-)?([^/.]+)\.(\d+)$/.exec(path) ?? [];
    if (active.has(`active/${id}/${run}`) || active.has(`active-batches/${id}/${run}`)) continue;
    const key = { path } as ReturnType<typeof KEYS.open>;
    const found = await ports.records.get(key);
    // One that is new may be of a submit that has not come to its marker yet.
    if (found === undefined || ports.clock.now() - fromIso(found.value.at) < deadSubmitMs) continue;
    await ports.records.delete(key);
  }
}
