import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { fromIso } from '../../lib/values/time.ts';
import type { Order } from './scenario.ts';
import { MINUTE_MS } from './times.ts';
import type { Truth } from './truth.ts';

/** The longest time from one try to the next: five minutes after a denial, and its jitter. */
const LONGEST_DELAY_MS = 5.3 * MINUTE_MS;
/** After the bound: one piece that is still under way, and one tick that looks. */
const ONE_LOOK_MS = 8 * MINUTE_MS;

/** `maxWaitMs`: a source is waited for as long as that since its last byte, not longer, and not less. */
export class PatienceRules {
  readonly #world: Truth;

  constructor(world: Truth) {
    this.#world = world;
  }

  /** It ended for want of patience: then its source had given nothing for long enough. */
  ended(record: TransferRecord, order: Order | undefined): void {
    const { maxWaitMs } = record.request.options;
    const isImpatient = record.status === 'failed' && record.reason?.message.includes('without a byte') === true;
    if (!isImpatient || order === undefined || maxWaitMs === undefined) return;
    this.#world.reach('patience used up');
    const silentMs = this.#silentMs(record, order);
    if (silentMs + LONGEST_DELAY_MS < maxWaitMs)
      this.#world.broke(`${record.id} was given up ${silentMs} ms after its source's last byte, of ${maxWaitMs} ms`);
  }

  /** It does not wait for longer. */
  stillOpen(record: TransferRecord, order: Order | undefined): void {
    const { maxWaitMs } = record.request.options;
    if (order?.origin.silences === undefined || maxWaitMs === undefined || record.status === 'finalizing') return;
    const silentMs = this.#silentMs(record, order);
    if (silentMs > maxWaitMs + ONE_LOOK_MS)
      this.#world.broke(`${record.id} waits ${silentMs} ms after its source's last byte, and may for ${maxWaitMs} ms`);
  }

  #silentMs({ createdAt }: TransferRecord, { origin }: Order): number {
    return this.#world.now - Math.max(fromIso(createdAt), origin.gaveAt ?? 0);
  }
}
