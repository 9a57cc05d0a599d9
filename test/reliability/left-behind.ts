import { relative } from 'node:path';
import { filesUnder } from '../support/files-under.ts';

/** What may stay in a home of batches whose files are all there, besides those and their reports. */
const MAY_STAY = [
  /^list\.csv$/,
  /^\.cache\//,
  /^\.local\/state\/piecework\/(?:transfers|batches)\/[0-9A-Z]{26}\.json$/,
  /^\.local\/state\/piecework\/(?:keys|hosts)\/[^~]+$/,
];

/** The files under `home` that are not wanted and should be gone: drafts, locks, markers, journals, shards, … */
export async function othersThan(home: string, wanted: ReadonlySet<string>): Promise<readonly string[]> {
  const others = (await filesUnder(home)).filter((path) => !wanted.has(path)).map((path) => relative(home, path));
  return others.filter((path) => !MAY_STAY.some((pattern) => pattern.test(path)));
}
