import type { Stats } from 'ssh2';
import { fileChange } from '../../transfer/checks/version-check.ts';
import { toIso } from '../../values/time.ts';
import { sftpError } from './errors.ts';
import type { SftpSession } from './session.ts';
import type { SftpTarget } from './url.ts';

/** Size and time of the open file: what it is held against. */
export interface Version {
  readonly sizeBytes: number;
  /** ISO 8601, to the second. */
  readonly modifiedAt: string;
}

export interface OpenedFile {
  readonly handle: Buffer;
  readonly version: Version;
}

/** @throws PieceworkError `SourceIsFolder`, `SourceUnsupported`, `SourceNotFound`, … */
export async function openFile(target: SftpTarget, connection: SftpSession): Promise<OpenedFile> {
  const stats = await connection.stat(target.path);
  if (stats.isDirectory()) throw sftpError('SourceIsFolder', target, 'this is a folder; give the URL of one file');
  if (!stats.isFile())
    throw sftpError('SourceUnsupported', target, 'this is no ordinary file (a device, a pipe or a socket)');
  const handle = await connection.open(target.path);
  return { handle, version: versionOf(await connection.fstat(handle)) };
}

export function versionOf({ size, mtime }: Stats): Version {
  return { sizeBytes: size, modifiedAt: toIso(mtime * 1000) };
}

/** @throws PieceworkError `SourceChanged`. */
export function checkUnchanged(target: SftpTarget, planned: Partial<Version>, now: Version): void {
  const change = fileChange(planned, now);
  if (change !== undefined) throw sftpError('SourceChanged', target, change);
}
