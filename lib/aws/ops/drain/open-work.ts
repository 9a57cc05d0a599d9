import { sideBySide } from '../../../pipeline/shared/side-by-side.ts';
import type { RecordKey } from '../../../records/records.ts';
import { KEYS } from '../../../records/records.ts';
import { isBatchOver } from '../../../transfer/batch/batch-record.ts';
import { isOver } from '../../../transfer/record/record.ts';
import type { Marker, RecordsView } from '../read-only.ts';

/** Of so many markers of a kind the records are read at one look; the others count as not over. */
const MOST = 200;
const SIDE_BY_SIDE = 16;

/** Counts what is not over, again and again: a run that was seen to be over is not read again. */
export class OpenWork {
  readonly #records: RecordsView;
  readonly #over = new Set<string>();

  constructor(records: RecordsView) {
    this.#records = records;
  }

  /** A marker without a record counts: its submit is on its way, or was cut off, and a tick ends that. */
  async count(): Promise<{ readonly transfers: number; readonly batches: number }> {
    return {
      transfers: await this.#count('active/', KEYS.transfer, isOver),
      batches: await this.#count('active-batches/', KEYS.batch, isBatchOver),
    };
  }

  async #count<R>(
    prefix: Parameters<RecordsView['markers']>[0],
    keyOf: (id: string) => RecordKey<R>,
    isDone: (record: R) => boolean,
  ): Promise<number> {
    const markers: Marker[] = [];
    for await (const marker of this.#records.markers(prefix)) {
      if (!this.#over.has(nameOf(prefix, marker))) markers.push(marker);
    }
    let open = markers.length;
    await sideBySide(markers.slice(0, MOST), SIDE_BY_SIDE, async (marker) => {
      const record = await this.#records.read(keyOf(marker.id));
      // What can't be read is set aside by a tick, and then ended.
      if (record === undefined || record === 'unreadable' || !isDone(record)) return;
      this.#over.add(nameOf(prefix, marker));
      open -= 1;
    });
    return open;
  }
}

function nameOf(prefix: string, { id, run }: Marker): string {
  return `${prefix}${id}/${run}`;
}
