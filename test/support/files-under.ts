import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Every file in a folder and below it. */
export async function filesUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The same, of a home that is open: once it has let go of the locks that it keeps for a moment. */
export async function filesAtRest(folder: string): Promise<readonly string[]> {
  for (;;) {
    const files = await filesUnder(folder);
    if (!files.some((path) => path.endsWith('~lock'))) return files;
    await sleep(20);
  }
}
