import { statSync } from 'node:fs';
import { basename, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolder } from '../../disk/make-folder.ts';
import { systemReason } from '../../disk/user-file.ts';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import { withPathAsWritten } from '../../values/web/written-path.ts';
import type { WrittenDestination } from '../kind.ts';
import { isBeside } from './names.ts';

/** A file of this machine. */
export type FileLocator = {
  readonly kind: 'file';
  /** Absolute. */
  readonly path: string;
};

/** @throws PieceworkError `InvalidDestination`. */
export function fileLocator(to: DestinationLocator): FileLocator {
  const { kind, path } = to as Partial<FileLocator>;
  if (kind === 'file' && typeof path === 'string' && isAbsolute(path)) return { kind, path };
  throw new PieceworkError('InvalidDestination', 'the destination is not an absolute path of a file');
}

export function identityOfFile({ path }: FileLocator): string {
  return JSON.stringify(['file', path]);
}

/**
 * A path, a folder (existing, or with a trailing slash), a `file:` URL. What begins as another URL is none, nor is `-`.
 */
export function parseFile(text: string): WrittenDestination | undefined {
  if (/^file:\/\//i.test(text)) return parsePath(pathOfFileUrl(text));
  return text === '-' || /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? undefined : parsePath(text);
}

function parsePath(text: string): WrittenDestination {
  const [first = ''] = text.split(/[/\\]/, 1);
  // A colon, and the first @ after it.
  if (first.includes(':') && first.indexOf('@') > first.indexOf(':')) {
    throw new PieceworkError(
      'InvalidDestination',
      `${redactUrl(text)} is no destination: it looks like a login, and a file of that name is written ./…`,
    );
  }
  if (text.includes('\0'))
    throw new PieceworkError('InvalidDestination', 'the destination holds a NUL character, which no path can');
  const path = resolve(text);
  const hasSlash = /[/\\]$/.test(text);
  if (!hasSlash && !isFolder(path)) return { locate: () => placeOf(path) };
  return {
    locate: (name) => placeOf(resolve(path, name)),
    ...(hasSlash ? { makeFolder: () => makeTarget(path) } : {}),
  };
}

function placeOf(path: string): FileLocator {
  if (!isBeside(basename(path))) return { kind: 'file', path };
  throw new PieceworkError(
    'InvalidDestination',
    `${path} has a name as Piecework gives to its unfinished files and locks; choose another name`,
  );
}

function pathOfFileUrl(text: string): string {
  try {
    return fileURLToPath(withPathAsWritten(text));
  } catch (cause) {
    throw new PieceworkError(
      'InvalidDestination',
      `${redactUrl(text)} is no local path: a file URL is file:///absolute/path`,
      {
        cause,
      },
    );
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (cause) {
    throw new PieceworkError(
      'DestinationNotWritable',
      `${path} can't be looked at (${systemReason(cause)}); choose another place, or change its rights`,
      { cause },
    );
  }
}

function makeTarget(path: string): readonly string[] {
  try {
    return makeFolder(path);
  } catch (cause) {
    throw new PieceworkError('DestinationNotWritable', whyNotMade(path, systemReason(cause)), { cause });
  }
}

function whyNotMade(path: string, reason: string): string {
  if (reason === 'EEXIST')
    return `${path} is a file, and a folder is needed there; choose another, or move the file away`;
  if (reason === 'ENOTDIR')
    return `the folder ${path} can't be made, since a part of its path is a file; choose another`;
  return `the folder ${path} can't be made (${reason}); choose another, or change its rights`;
}
