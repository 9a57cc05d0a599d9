import { PieceworkError } from '../../../errors/error.ts';
import { hostOf, KEYS } from '../../../records/records.ts';
import type { Input } from '../../../transfer/decide/decision.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import type { Ports } from '../ports.ts';
import { pause } from './change.ts';
import type { HostPorts } from './entry.ts';
import { CHANGE_TRIES, ceilingOf, closedUntil, readHost } from './entry.ts';
import type { HostView } from './share.ts';
import { viewHost } from './share.ts';

export interface Wanted {
  readonly inputs: readonly Input[];
  /** More places are of no use. */
  readonly piecesLeft: number;
}

/** What a decision needs to know of the source's host, with what came in taken into account. Writes nothing. */
export async function lookAtHost(
  ports: HostPorts,
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
  ports: HostPorts,
  record: TransferRecord,
  { inputs, piecesLeft }: Wanted,
  signal: AbortSignal,
): Promise<HostView> {
  const { url } = record.request.source;
  for (let tries = 1; ; tries += 1) {
    const found = await readHost(ports, url);
    const view = viewHost(ports, record, found?.value, inputs, piecesLeft);
    if (view.claimed === undefined) return view;
    try {
      await ports.records.put(KEYS.host(hostOf(url)), view.claimed, found?.version ?? 'absent');
      return view;
    } catch (error) {
      if (!(error instanceof PieceworkError) || error.reaction === 'fail') throw error;
      const has = Math.min(view.facts.places, found?.value.sharers?.[record.id]?.places ?? 0);
      if (tries >= CHANGE_TRIES) return { ...view, facts: { ...view.facts, places: has }, held: has };
    }
    await pause(ports, tries, signal);
  }
}

/** How long the host has asked all transfers to wait; 0 = it is open. */
export async function closedForMs(ports: Pick<Ports, 'records' | 'clock'>, url: string): Promise<number> {
  return Math.max(0, closedUntil((await readHost(ports, url))?.value) - ports.clock.now());
}

/** Connections that the host bears, as far as that was learned. */
export async function connectionsBorne(ports: HostPorts, url: string): Promise<number | undefined> {
  return ceilingOf(ports, (await readHost(ports, url))?.value)?.connections;
}
