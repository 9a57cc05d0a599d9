import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import { formatBytes } from '../../lib/values/units.ts';
import { ROOT } from './options.ts';

/**
 * One line: how much Node reads before `entry` can begin, and how much more there is for when it is needed.
 * @param entry the path of an output, from the root of the repository
 */
export async function describeSizes({ outputs }: Metafile, entry: string): Promise<string> {
  const first = reachedAtOnce(outputs, entry);
  const later = Object.keys(outputs).filter((path) => !path.endsWith('.map') && !first.includes(path));
  return `${await sizeOf(first)} at the start, ${await sizeOf(later)} when needed`;
}

/** The entry with all that it imports by statement. */
export function reachedAtOnce(outputs: Metafile['outputs'], entry: string): readonly string[] {
  const reached = new Set([entry]);
  for (const path of reached) {
    for (const { path: other, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && other in outputs) reached.add(other);
    }
  }
  return [...reached];
}

async function sizeOf(paths: readonly string[]): Promise<string> {
  const files = await Promise.all(paths.map((path) => readFile(join(ROOT, path))));
  const sum = (sizes: readonly number[]) => formatBytes(sizes.reduce((all, one) => all + one, 0));
  return `${sum(files.map(({ length }) => length))} (${sum(files.map((code) => gzipSync(code).length))} compressed)`;
}
