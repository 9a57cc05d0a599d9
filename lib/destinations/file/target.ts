import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { access, lstat, realpath, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PieceworkError } from '../../errors/error.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { ObjectSettings } from '../../transfer/request.ts';
import { folderIsFull, ifThere, onDisk } from './errors.ts';
import type { FileLocator } from './locator.ts';
import { fileLocator } from './locator.ts';
import type { Beside } from './names.ts';
import { beside } from './names.ts';

export interface FileTarget extends Beside {
  /** Where the file really is or will be. */
  readonly path: string;
  /** Of what is there now. */
  readonly existing?: Stats;
  /** A symbolic link to nothing. */
  readonly isDangling: boolean;
}

/**
 * A symbolic link is written through, as cp and a shell's `>` do: the file that it points to is replaced, the link
 * stays. Everything beside the target stands in that file's folder, since a rename must not leave its file system.
 */
export async function locateTarget(to: DestinationLocator): Promise<FileTarget> {
  const { path: named } = fileLocator(to);
  return await onDisk(named, async () => {
    // ENOTDIR: an ancestor is a file; the error comes when something is to be written there.
    const link = await ifThere(() => lstat(named), 'ENOTDIR');
    const existing = link?.isSymbolicLink() ? await ifThere(() => stat(named), 'ENOTDIR') : link;
    const path = link?.isSymbolicLink() && existing !== undefined ? await realpath(named) : named;
    const target = { ...beside(path), path, isDangling: link !== undefined && existing === undefined };
    return existing === undefined ? target : { ...target, existing };
  });
}

/** A target that can be written to. What stands there is a plain file, or nothing. */
export async function resolveTarget(to: DestinationLocator): Promise<FileTarget> {
  const target = await locateTarget(to);
  const { path, existing } = target;
  if (target.isDangling) {
    throw new PieceworkError(
      'InvalidDestination',
      `${path} is a symbolic link to a file that does not exist; remove it, or give another name`,
    );
  }
  if (existing?.isDirectory()) {
    throw new PieceworkError('InvalidDestination', `${path} is a folder; name a file in it`);
  }
  if (existing !== undefined && !existing.isFile()) {
    throw new PieceworkError(
      'DestinationUnsupported',
      `${path} is a device, pipe or socket and not a file; write to standard output (-) and redirect it`,
    );
  }
  return target;
}

/** The folder is there and takes new files. */
export async function checkFolder(target: FileTarget): Promise<void> {
  await onDisk(target.path, async () => {
    const folder = await stat(dirname(target.path));
    if (!folder.isDirectory()) throw new PieceworkError('DestinationMissing', `${target.folder} is not a folder`);
    await access(target.folder, constants.W_OK | constants.X_OK);
  });
}

/**
 * @throws PieceworkError `DestinationFull`. A file system that doesn't tell its size (some over a network) is believed
 * to have room.
 */
export async function checkSpace(target: FileTarget, neededBytes: number): Promise<void> {
  const { bsize, blocks, bavail } = await onDisk(target.folder, () => statfs(target.folder));
  const availableBytes = bavail * bsize;
  if (blocks > 0 && neededBytes > availableBytes) throw folderIsFull(target.folder, neededBytes, availableBytes);
}

const UNKNOWN_TO_FILES = {
  storageClass: 'storage class (--storage-class)',
  encryption: 'encryption by the store (--sse)',
  acl: 'access list (--acl)',
  tags: 'tags (--tag)',
  metadata: 'metadata (--metadata)',
} as const;

/** What only an object in a store can have is refused, never left out in silence. */
export function checkSettings({ path }: FileLocator, settings: ObjectSettings): void {
  for (const [name, words] of Object.entries(UNKNOWN_TO_FILES)) {
    const value = settings[name as keyof typeof UNKNOWN_TO_FILES];
    if (value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)) continue;
    throw new PieceworkError(
      'DestinationUnsupported',
      `a file has no ${words}, so it can't be set for ${path}; leave the option out`,
      {
        details: { target: path, option: name },
      },
    );
  }
}
