import { open } from 'node:fs/promises';

/** What a system says that can't do this with folders (Windows, some network file systems). */
const NOT_FOR_FOLDERS = ['EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF'];

/** Makes the names in a folder survive a power failure: what was created, renamed and removed there. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await using folder = await open(path, 'r');
    await folder.sync();
  } catch (error) {
    if (!NOT_FOR_FOLDERS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
