import { PieceworkError } from '../../../errors/error.ts';
import type { RecordKey } from '../../../records/records.ts';
import type { Ports } from '../ports.ts';

/** What is changed by compare-and-swap; an unsure write is settled by looking for its `writeId` (rule 2). */
interface Written {
  readonly writeId?: string;
}

export type DocumentPorts = Pick<Ports, 'records' | 'ids'>;

const TRIES = 8;

/**
 * Reads, changes, stores; again with what is there now where another writer was faster. `change` returning `undefined`
 * = leave it. @returns what is there afterwards
 * @throws PieceworkError `Conflict` after eight lost swaps
 */
export async function changeDocument<T extends Written>(
  ports: DocumentPorts,
  key: RecordKey<T>,
  change: (there: T | undefined) => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> {
  let found = await ports.records.get(key);
  for (let tries = 1; ; tries += 1) {
    const changed = await change(found?.value);
    if (changed === undefined) return found?.value;
    const next = { ...changed, writeId: ports.ids.ulid() };
    try {
      await ports.records.put(key, next, found?.version ?? 'absent');
      return next;
    } catch (error) {
      if (!(error instanceof PieceworkError) || (error.code !== 'Conflict' && error.reaction === 'fail')) throw error;
      found = await ports.records.get(key);
      if (found?.value.writeId === next.writeId) return found.value;
      if (tries >= TRIES) throw error;
    }
  }
}
