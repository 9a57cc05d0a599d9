import { outcomesInOrder } from '../../../pipeline/batch/outcomes-in-order.ts';
import type { Outcome } from '../../../transfer/batch/outcome.ts';
import { isThere } from '../../../transfer/batch/outcome.ts';
import type { DigestAlgorithm } from '../../../transfer/digests.ts';
import type { Home } from '../../home/home.ts';
import type { ReportOf } from './report.ts';
import { storeText } from './report.ts';

/** How the lists are called by custom, of those algorithms that coreutils have a command for. */
export const SUMS_NAMES: Readonly<Partial<Record<DigestAlgorithm, string>>> = {
  sha256: 'SHA256SUMS',
  sha512: 'SHA512SUMS',
  sha1: 'SHA1SUMS',
  md5: 'MD5SUMS',
};

/**
 * Writes a list for each algorithm of the batch beside the files that it names, in list order, as `sha256sum -c` takes
 * it. Where an entry has its name, or it is what the batch was made from, the batch's id is added to it.
 * @returns where they are
 */
export async function storeSums(home: Home, of: ReportOf, signal: AbortSignal): Promise<readonly string[]> {
  const stored: string[] = [];
  const { batch, folder, shards } = of;
  for (const algorithm of batch.options.checksums ?? []) {
    const custom = SUMS_NAMES[algorithm] ?? '';
    const outcomes = () => outcomesInOrder({ records: home.records }, batch.id, shards);
    const isTaken = (await hasName(outcomes(), custom)) || isList(home, of, custom);
    const name = isTaken ? `${custom}-${batch.id}` : custom;
    const text = sumsOf(outcomes(), algorithm);
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

/** Of what is there. */
async function* sumsOf(outcomes: AsyncIterable<Outcome>, algorithm: DigestAlgorithm): AsyncGenerator<string> {
  for await (const outcome of outcomes) {
    const hex = outcome.digests?.[algorithm];
    if (isThere(outcome) && hex !== undefined) yield sumLine(hex, outcome.name);
  }
}

/** As coreutils write it: what would break the line is escaped, and a backslash at its front says so. */
export function sumLine(hex: string, name: string): string {
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === name ? '' : '\\'}${hex}  ${escaped}\n`;
}

async function hasName(outcomes: AsyncIterable<Outcome>, name: string): Promise<boolean> {
  for await (const outcome of outcomes) if (outcome.name === name) return true;
  return false;
}

/** A list of checksums of the publisher's is not to be written over. */
function isList({ destinations }: Home, { batch, folder }: ReportOf, name: string): boolean {
  const { path, from } = batch.list;
  return (path ?? from) === destinations.describe(folder.locate(name));
}
