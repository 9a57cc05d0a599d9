import { unlink } from 'node:fs/promises';

/** Removes a file, or a link, that may be gone already. Node's `rm` looks at it twice before it does the same. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
