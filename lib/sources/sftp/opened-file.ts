import type { ErrorCode } from '../../errors/codes.ts';
import { PieceworkError } from '../../errors/error.ts';
import { fileChange } from '../../transfer/checks/version-check.ts';
import { toIso } from '../../values/time.ts';
import { filesFullError, sftpError } from './errors.ts';
import type { Attributes } from './protocol/messages.ts';
import type { SftpSession } from './session.ts';
import type { SftpTarget } from './url.ts';

/** Size and time of the open file: what it is held against. */
export interface Version {
  readonly sizeBytes: number;
  /** ISO 8601, to the second. Absent where the server does not say. */
  readonly modifiedAt?: string;
}

export interface OpenedFile {
  readonly handle: Uint8Array;
  readonly version: Version;
}

/**
 * Opens the file, once: some servers give it once only. What a server does not say of it is unknown, and is no fault;
 * only a kind of file that is said and can't be read is.
 * @throws PieceworkError `SourceIsFolder`, `SourceUnsupported`, `SourceNotFound`, `SourceBusy`, …
 */
export async function openFile(target: SftpTarget, connection: SftpSession): Promise<OpenedFile> {
  const before = await orUnknown(() => connection.stat(target.path), REFUSED);
  if (before !== undefined) checkKind(target, before);
  const handle = await openedIn(target, connection);
  try {
    const now = await orUnknown(() => connection.fstat(handle), REFUSED_OR_GONE);
    return { handle, version: versionOf(target, { ...before, ...now }) };
  } catch (error) {
    connection.release(handle);
    throw error;
  }
}

/** A server may bear so many open files of one user, and calls one more forbidden, or a failure. */
function openedIn(target: SftpTarget, connection: SftpSession): Promise<Uint8Array> {
  return connection.open(target.path, (error, openFiles) =>
    openFiles > 0 && isOne(error, REFUSED) ? filesFullError(target, error, openFiles) : error,
  );
}

/**
 * What can't be asked any more, once all bytes are here, speaks against nothing.
 * @throws PieceworkError `SourceChanged`.
 */
export async function checkStillSame(target: SftpTarget, connection: SftpSession, opened: OpenedFile): Promise<void> {
  const { handle, version } = opened;
  const now =
    (await orUnknown(() => connection.fstat(handle), REFUSED_OR_GONE)) ??
    (await orUnknown(() => connection.stat(target.path), REFUSED_OR_GONE));
  checkUnchanged(target, version, { ...version, ...factsOf(now ?? {}) });
}

/** @throws PieceworkError `SourceChanged`. */
export function checkUnchanged(target: SftpTarget, planned: Partial<Version>, now: Version): void {
  const change = fileChange(planned, now);
  if (change !== undefined) throw sftpError('SourceChanged', target, change);
}

/** The question itself is refused, or not known: it says nothing of the file. */
const REFUSED: readonly ErrorCode[] = ['SourceForbidden', 'SourceUnsupported', 'SourceServerError'];
/** Of a file that is open: its name may be gone meanwhile. */
const REFUSED_OR_GONE: readonly ErrorCode[] = [...REFUSED, 'SourceNotFound'];

async function orUnknown(
  ask: () => Promise<Attributes>,
  unknown: readonly ErrorCode[],
): Promise<Attributes | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isOne(error, unknown)) return undefined;
    throw error;
  }
}

function isOne(error: unknown, codes: readonly ErrorCode[]): boolean {
  return error instanceof PieceworkError && codes.includes(error.code);
}

/** Of the mode (stat(2)). */
const KIND = { mask: 0o170000, folder: 0o040000, file: 0o100000 } as const;

function checkKind(target: SftpTarget, { mode }: Attributes): void {
  if (mode === undefined) return;
  const kind = mode & KIND.mask;
  if (kind === KIND.folder) throw sftpError('SourceIsFolder', target, 'this is a folder; give the URL of one file');
  if (kind !== KIND.file)
    throw sftpError('SourceUnsupported', target, 'this is no ordinary file (a device, a pipe or a socket)');
}

function factsOf({ size, mtime }: Attributes): Partial<Version> {
  return {
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(mtime === undefined ? {} : { modifiedAt: toIso(mtime * 1000) }),
  };
}

function versionOf(target: SftpTarget, attributes: Attributes): Version {
  const { sizeBytes, ...more } = factsOf(attributes);
  if (sizeBytes === undefined)
    throw sftpError('SourceUnsupported', target, 'the server does not say how large the file is');
  return { sizeBytes, ...more };
}
