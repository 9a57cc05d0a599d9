import type { ActiveTransfer } from '../../pipeline/shared/markers.ts';
import { activeOf } from '../../pipeline/shared/markers.ts';
import { pathsUnder } from '../../pipeline/shared/paths-under.ts';
import type { TickSpan } from '../../transfer/messages.ts';
import { stated } from '../../values/stated.ts';
import { fromIso, toIso } from '../../values/time.ts';
import { STUCK_METRIC } from '../names.ts';
import type { TickHome } from './home.ts';
import { lookAtAll } from './look.ts';

export interface SpanSizes {
  /** Up to so many are looked at by the schedule's tick itself. */
  readonly alone: number;
  /** Transfers of one span, which is one message and takes a finalizer some seconds. */
  readonly span: number;
}

export const SPAN_SIZES: SpanSizes = { alone: 4_000, span: 2_000 };

/** Later ticks have sent the same span again. */
const SPAN_LIFE_MS = 120_000;

/**
 * Looks at all transfers in which work remains: alone, or where they are too many for its minute, by messages to the
 * finalizers. So the tick's time grows only by the listing of markers, and the newest is looked at as often as the
 * oldest.
 */
export async function tickTransfers(home: TickHome, signal: AbortSignal, sizes: SpanSizes): Promise<void> {
  const paths = pathsUnder(home.ports.records, 'active/');
  const first: string[] = [];
  while (first.length <= sizes.alone) {
    const next = await paths.next();
    if (next.done === true) break;
    first.push(next.value);
  }
  if (first.length <= sizes.alone) {
    const { seen, stuck } = await lookAtAll(home, first.flatMap(activeOf).values(), signal);
    home.measure('ActiveTransfers', seen);
    home.measure(STUCK_METRIC, stuck);
    return;
  }
  const at = toIso(home.ports.clock.now());
  let count = 0;
  let after: string | undefined;
  const send = async (through?: string) => {
    const body: TickSpan = { kind: 'tick-span', v: 1, at, ...stated({ after, through }) };
    await home.spans.send([{ body }]);
    after = through;
  };
  for await (const path of inTurn(first, paths)) {
    if (signal.aborted) break;
    count += 1;
    if (count % sizes.span === 0) await send(path);
  }
  // To the very end, so that what was begun meanwhile is in it.
  await send();
  home.measure('ActiveTransfers', count);
}

async function* inTurn(first: readonly string[], rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield* first;
  yield* rest;
}

/** A part of all, by one finalizer. How many of them are stuck is measured span by span. */
export async function tickSpan(home: TickHome, { after, through, at }: TickSpan, signal: AbortSignal): Promise<void> {
  if (home.ports.clock.now() - fromIso(at) > SPAN_LIFE_MS) return;
  const { stuck } = await lookAtAll(home, markersBetween(home, after, through), signal);
  home.measure(STUCK_METRIC, stuck);
}

async function* markersBetween(
  home: TickHome,
  after: string | undefined,
  through: string | undefined,
): AsyncGenerator<ActiveTransfer> {
  for await (const path of pathsUnder(home.ports.records, 'active/', after)) {
    if (through !== undefined && path > through) return;
    yield* activeOf(path);
  }
}
