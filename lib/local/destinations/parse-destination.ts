import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { S3Options } from '../api.ts';

/** A destination as people write it. `needsName` = a folder or a prefix: the source's name goes at its end. */
export interface ParsedDestination {
  readonly needsName: boolean;
  /** The folder is to be made if it is not there: it was written with a trailing slash. */
  readonly makesFolder?: string;
  locate(name: string): DestinationLocator;
}

/**
 * `s3://bucket/key`, `s3://bucket/prefix/`, a path, a folder (existing, or with a trailing slash), `file:` URL, `-` for stdout.
 * @throws PieceworkError `InvalidDestination`.
 */
export function parseDestination(text: string, s3: S3Options): ParsedDestination {
  if (text === '-') return { needsName: false, locate: () => ({ kind: 'stdout' }) };
  if (/^s3:\/\//i.test(text)) return parseS3(text, s3);
  if (/^file:\/\//i.test(text)) return parsePath(pathOfFileUrl(text));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new PieceworkError(
      'InvalidDestination',
      `${redactUrl(text)} is no destination: give s3://bucket/key, a path, a folder, or - for stdout`,
    );
  }
  if (/^s3:/i.test(text)) {
    throw new PieceworkError(
      'InvalidDestination',
      `${text} is no destination: S3 is s3://bucket/key, and a file of that name ./${text}`,
    );
  }
  return parsePath(text);
}

function parseS3(text: string, s3: S3Options): ParsedDestination {
  const match = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(text);
  const bucket = match?.[1] ?? '';
  const key = match?.[2] ?? '';
  if (!/^[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]$/i.test(bucket)) {
    const what = bucket === '' ? 'names no bucket' : `has "${bucket}" where the bucket stands, which can be none`;
    throw new PieceworkError(
      'InvalidDestination',
      `${text} ${what}: a destination in S3 is s3://bucket/key or s3://bucket/prefix/`,
    );
  }
  const needsName = key === '' || key.endsWith('/');
  const store = {
    ...(s3.endpointUrl === undefined ? {} : { endpoint: s3.endpointUrl }),
    ...(s3.region === undefined ? {} : { region: s3.region }),
    ...(s3.pathStyle === undefined ? {} : { pathStyle: s3.pathStyle }),
  };
  return { needsName, locate: (name) => ({ kind: 's3', bucket, key: needsName ? `${key}${name}` : key, ...store }) };
}

function parsePath(text: string): ParsedDestination {
  if (text === '')
    throw new PieceworkError(
      'InvalidDestination',
      'the destination is empty: give a path, a folder, s3://bucket/key, or - for stdout',
    );
  if (text.includes('\0'))
    throw new PieceworkError('InvalidDestination', 'the destination holds a NUL character, which no path can');
  const path = resolve(text);
  const hasSlash = /[/\\]$/.test(text);
  if (!hasSlash && !isFolder(path)) return { needsName: false, locate: () => ({ kind: 'file', path }) };
  return {
    needsName: true,
    ...(hasSlash ? { makesFolder: path } : {}),
    locate: (name) => ({ kind: 'file', path: resolve(path, name) }),
  };
}

function pathOfFileUrl(text: string): string {
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw new PieceworkError('InvalidDestination', `${text} is no local path: a file URL is file:///absolute/path`, {
      cause,
    });
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
