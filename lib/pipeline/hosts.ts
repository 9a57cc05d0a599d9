import { PieceworkError } from '../errors/error.ts';
import { hostOf, KEYS } from '../records/records.ts';
import { fromIso, type Instant, toIso } from '../values/time.ts';
import type { Ports } from './ports.ts';

/** What a host asked of everybody: `Retry-After` holds for all transfers from it, not only for the piece that was told. */
export async function hostClosedUntil(ports: Pick<Ports, 'records' | 'clock'>, url: string): Promise<Instant | undefined> {
  const entry = await readHost(ports, url);
  const until = entry?.value.closedUntil === undefined ? undefined : fromIso(entry.value.closedUntil);
  return until !== undefined && until > ports.clock.now() ? until : undefined;
}

/** A hint: losing the race to another writer, or the entry itself, costs a refused request and nothing else. */
export async function closeHost(ports: Pick<Ports, 'records'>, url: string, until: Instant): Promise<void> {
  const there = await readHost(ports, url);
  if (there?.value.closedUntil !== undefined && fromIso(there.value.closedUntil) >= until) return;
  try {
    await ports.records.put(KEYS.host(hostOf(url)), { v: 1, closedUntil: toIso(until) }, there?.version ?? 'absent');
  } catch (error) {
    if (!(error instanceof PieceworkError) || error.code !== 'Conflict') throw error;
  }
}

async function readHost(ports: Pick<Ports, 'records'>, url: string) {
  try {
    return await ports.records.get(KEYS.host(hostOf(url)));
  } catch (error) {
    if (error instanceof PieceworkError && error.code === 'RecordCorrupt') return undefined;
    throw error;
  }
}
