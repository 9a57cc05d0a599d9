import { outcomesInOrder } from '../../../pipeline/batch/outcomes-in-order.ts';
import { sumLines, sumsName } from '../../../transfer/batch/sums-list.ts';
import type { Home } from '../../home/home.ts';
import type { ReportOf } from './report.ts';
import { storeText } from './report.ts';

/**
 * Writes a list for each algorithm of the batch beside the files that it names, in list order, as `sha256sum -c` takes
 * it.
 * @returns where they are
 */
export async function storeSums(home: Home, of: ReportOf, signal: AbortSignal): Promise<readonly string[]> {
  const stored: string[] = [];
  const { batch, folder, shards } = of;
  for (const algorithm of batch.options.checksums ?? []) {
    const outcomes = () => outcomesInOrder({ records: home.records }, batch.id, shards);
    const name = await sumsName(algorithm, batch.id, outcomes(), (custom) => isList(home, of, custom));
    const text = sumLines(outcomes(), algorithm);
    const keptAs = `${batch.id}.${algorithm}`;
    const place = {
      text,
      destination: `${folder.text}${name}`,
      what: `list of ${algorithm}`,
      keptAs,
      batchId: batch.id,
    };
    stored.push(await storeText(home, place, signal));
  }
  return stored;
}

/** A list of checksums of the publisher's is not to be written over. */
function isList({ destinations }: Home, { batch, folder }: ReportOf, name: string): boolean {
  const { path, from } = batch.list;
  return (path ?? from) === destinations.describe(folder.locate(name));
}
