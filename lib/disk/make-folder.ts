import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder, with those above it; one that is there already is fine.
 * Returns those that were made, outermost first.
 *
 * Not by Node's `recursive`: where a folder answers ENOENT to whatever is made in it, as `/proc` and automounted ones
 * do, that tries for ever and no signal is heard meanwhile.
 */
export function makeFolder(path: string, mode = 0o777): readonly string[] {
  try {
    mkdirSync(path, { mode });
    return [path];
  } catch (error) {
    if (isFolder(path)) return [];
    const isParentMissing = (error as NodeJS.ErrnoException).code === 'ENOENT' && !isFolder(dirname(path));
    if (!isParentMissing) throw error;
    return [...makeFolder(dirname(path), mode), ...makeFolder(path, mode)];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
