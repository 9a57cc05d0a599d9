import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface SmallDisk extends AsyncDisposable {
  readonly folder: string;
  resize(bytes: number): Promise<void>;
}

/** A file system of so many bytes, in memory. Linux, and the right to mount, are needed. */
export async function mountSmall(folder: string, bytes: number): Promise<SmallDisk> {
  await mkdir(folder);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
  return {
    folder,
    async resize(next) {
      await run('mount', ['-o', `remount,size=${next}`, folder]);
    },
    async [Symbol.asyncDispose]() {
      await run('umount', [folder]);
    },
  };
}

export async function canMount(folder: string): Promise<boolean> {
  try {
    await (await mountSmall(folder, 1_000_000))[Symbol.asyncDispose]();
    return true;
  } catch {
    return false;
  }
}
