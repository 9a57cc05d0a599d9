import type { HostEntry } from '../../../records/records.ts';
import { hostOf } from '../../../records/records.ts';
import type { Input } from '../../../transfer/decide/decision.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import type { Ports } from '../ports.ts';
import { changeHost } from './change.ts';
import { closedUntil, readHost } from './entry.ts';
import type { DecidingPorts, HostView } from './share.ts';
import { viewHost } from './share.ts';

export interface Wanted {
  readonly inputs: readonly Input[];
  /** More places are of no use. */
  readonly piecesLeft: number;
}

/** What a decision needs to know of the source's host, with what came in taken into account. Writes nothing. */
export async function lookAtHost(
  ports: DecidingPorts,
  record: TransferRecord,
  { inputs, piecesLeft }: Wanted,
): Promise<HostView> {
  return viewHost(ports, record, (await readHost(ports, record.request.source.url))?.value, inputs, piecesLeft);
}

/**
 * The same, once the places that the transfer may use are written down as its own: before any piece is sent into them.
 * Where others are faster each time, it goes by those that it has.
 */
export async function takePlaces(
  ports: DecidingPorts,
  record: TransferRecord,
  { inputs, piecesLeft }: Wanted,
  signal: AbortSignal,
): Promise<HostView> {
  const look = (entry: HostEntry) => {
    const view = viewHost(ports, record, entry, inputs, piecesLeft);
    return { view, next: view.claimed, has: entry.sharers?.[record.id]?.places ?? 0 };
  };
  const { last, isWritten } = await changeHost(ports, hostOf(record.request.source.url), look, signal);
  const { view } = last;
  if (isWritten || view.claimed === undefined) return view;
  const places = Math.min(view.facts.places, last.has);
  return { ...view, facts: { ...view.facts, places }, held: places };
}

/** How long the host has asked all transfers to wait; 0 = it is open. */
export async function closedForMs(ports: Pick<Ports, 'records' | 'clock'>, url: string): Promise<number> {
  return Math.max(0, closedUntil((await readHost(ports, url))?.value) - ports.clock.now());
}
