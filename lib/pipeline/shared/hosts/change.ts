import { PieceworkError } from '../../../errors/error.ts';
import type { HostEntry } from '../../../records/records.ts';
import { hostOf, KEYS } from '../../../records/records.ts';
import type { Ceiling } from '../../../transfer/decide/ceiling.ts';
import type { Input } from '../../../transfer/decide/decision.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import { fractionOf } from '../../../values/random.ts';
import type { Instant } from '../../../values/time.ts';
import { fromIso, toIso } from '../../../values/time.ts';
import { batchSharing } from './batch-share.ts';
import type { HostPorts } from './entry.ts';
import { ceilingOf, readHostEntry, withNews } from './entry.ts';
import { inTurn } from './in-turn.ts';
import type { GivenBack } from './share.ts';
import { withoutShare } from './share.ts';

/** Writes what the inputs say of the host. `record` as it was when they came: that says which of them are current. */
export async function learnOfHost(
  ports: HostPorts,
  record: TransferRecord,
  inputs: readonly Input[],
  signal: AbortSignal,
): Promise<void> {
  await changeHost(
    ports,
    hostOf(record.request.source.url),
    (entry) => ({ next: withNews(ports, entry, record, inputs) }),
    signal,
  );
}

/** `Retry-After` holds for all transfers from the host, not only for the piece that got it. */
export async function closeHost(ports: HostPorts, url: string, until: Instant, signal: AbortSignal): Promise<void> {
  const change = (entry: HostEntry) =>
    entry.closedUntil !== undefined && fromIso(entry.closedUntil) >= until
      ? {}
      : { next: { ...entry, closedUntil: toIso(until) } };
  await changeHost(ports, hostOf(url), change, signal);
}

/**
 * Gives back places of the host that the transfer may not or need not have any more, and has those looked at who wait
 * for them. Where that is lost, the lease ends by itself.
 * @param kept `isEnough`: it has no use for more
 */
export async function giveBackPlaces(
  ports: HostPorts & GivenBack,
  record: TransferRecord,
  kept: { readonly places: number; readonly isEnough: boolean } | 'left',
  signal: AbortSignal,
): Promise<void> {
  if (ports.policy.hostCeiling === undefined) return;
  const { places, isEnough } = kept === 'left' ? { places: kept, isEnough: false } : kept;
  const change = (entry: HostEntry) => withoutShare(ports, entry, record.id, places, isEnough);
  const { last, isWritten } = await changeHost(ports, hostOf(record.request.source.url), change, signal);
  const { woken = [] } = last;
  if (isWritten) await wake(ports, woken);
}

/** Has those looked at who were given places of a host, and do not know it. */
export async function wake({ queues, fleet }: GivenBack, sharers: readonly string[]): Promise<void> {
  const batches = sharers.flatMap((id) => batchSharing(id) ?? []);
  const transfers = sharers.filter((id) => batchSharing(id) === undefined);
  if (transfers.length > 0)
    await queues.finalizer.send(transfers.map((transferId) => ({ body: { kind: 'tick', v: 1, transferId } })));
  if (batches.length > 0)
    await fleet?.queues.finalizer.send(batches.map((batchId) => ({ body: { kind: 'batch-tick', v: 1, batchId } })));
}

/** What a change makes of an entry. `next`: `undefined` = it is left as it is. */
interface Change {
  readonly next?: HostEntry | undefined;
}

/**
 * Changes what is known of a host, in the form that `hostOf` gives. `last`: what `change` made of the entry at the
 * last try. After eight lost races it is left as it is: it is a hint.
 */
export async function changeHost<C extends Change>(
  ports: HostPorts,
  host: string,
  change: (entry: HostEntry) => C,
  signal: AbortSignal,
): Promise<Changed<C>> {
  const found = await readHostEntry(ports, host);
  const last = change(found?.value ?? { v: 1 });
  if (last.next === undefined) return { last, isWritten: false };
  return await inTurn(ports.records, host, (waited) =>
    swapEntry(ports, host, change, signal, waited ? undefined : { found, last }),
  );
}

interface Changed<C> {
  readonly last: C;
  readonly isWritten: boolean;
}

/** @param read what the first try goes by, and what was made of it; `undefined` = it reads for itself. */
async function swapEntry<C extends Change>(
  ports: HostPorts,
  host: string,
  change: (entry: HostEntry) => C,
  signal: AbortSignal,
  read: { readonly found: Awaited<ReturnType<typeof readHostEntry>>; readonly last: C } | undefined,
): Promise<Changed<C>> {
  let known = read;
  for (let tries = 1; ; tries += 1) {
    const found = known === undefined ? await readHostEntry(ports, host) : known.found;
    const last = known?.last ?? change(found?.value ?? { v: 1 });
    known = undefined;
    if (last.next === undefined) return { last, isWritten: false };
    try {
      await ports.records.put(KEYS.host(host), last.next, found?.version ?? 'absent');
      return { last, isWritten: true };
    } catch (error) {
      if (!(error instanceof PieceworkError) || error.reaction === 'fail') throw error;
    }
    if (tries >= CHANGE_TRIES) return { last, isWritten: false };
    await pause(ports, tries, signal);
  }
}

const CHANGE_TRIES = 8;
const PAUSE_MS = 50;

/** Writers that lost to each other go apart. */
async function pause({ clock, ids }: HostPorts, tries: number, signal: AbortSignal): Promise<void> {
  if (tries > 1) await clock.sleep(Math.ceil(PAUSE_MS * tries * fractionOf(ids.ulid())), signal);
}

/**
 * What a batch learned of the host's connections, beside what others have learned meanwhile.
 * @param learn from what is known: itself where that does not change
 * @returns what is known now
 */
export async function learnCeiling(
  ports: HostPorts,
  url: string,
  learn: (known: Ceiling | undefined) => Ceiling | undefined,
  signal: AbortSignal,
): Promise<Ceiling | undefined> {
  const change = (entry: HostEntry) => {
    const before = ceilingOf(ports, entry);
    const after = learn(before);
    if (after === undefined || after === before) return { after };
    const { connections, since, patience, crept } = after;
    return { after, next: { ...entry, ceiling: connections, learned: { since: toIso(since), patience, crept } } };
  };
  const { last } = await changeHost<{ after: Ceiling | undefined; next?: HostEntry }>(
    ports,
    hostOf(url),
    change,
    signal,
  );
  return last.after;
}
