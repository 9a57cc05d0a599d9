import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ErrorCode } from '../errors/codes.ts';
import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import { refuseDotSegments } from '../net/source-url.ts';
import type { SourceLocator } from '../transfer/locators.ts';
import type { Snapshot } from '../transfer/snapshot.ts';
import type { ByteReader } from '../values/bytes.ts';
import type { Call } from '../values/call.ts';
import type { ByteRange } from '../values/ranges.ts';
import { safeName } from '../values/text/safe-name.ts';
import { toIso } from '../values/time.ts';
import { withPathAsWritten } from '../values/web/written-path.ts';
import type { Probe, Source } from './source.ts';

interface Version {
  readonly sizeBytes: number;
  /** ISO 8601, as exactly as the file system knows it. */
  readonly lastModified: string;
}

/** Files of this machine: `file:///path`. The validator is the modification time, to the nanosecond. */
export function fileSource(): Source {
  return {
    schemes: ['file'],
    probe,
    open: openRange,
    copySource: async () => undefined,
    async [Symbol.asyncDispose]() {},
  };
}

async function probe(from: SourceLocator, firstBytes: number | 'all', { signal }: Call): Promise<Probe> {
  const path = pathOf(from);
  const { file, version, modifiedAt } = await openFile(path, signal);
  const { sizeBytes, lastModified } = version;
  const end = firstBytes === 'all' ? sizeBytes : Math.min(firstBytes, sizeBytes);
  const body = fileReader(path, file, version, { start: 0, end }, signal);
  return {
    snapshot: {
      sizeBytes,
      ranges: true,
      validator: { kind: 'date', lastModified },
      modifiedAt,
      name: safeName(basename(path)) ?? 'download',
      digests: {},
      warnings: [],
    },
    finalUrl: from.url,
    body,
    bodyIsWhole: end === sizeBytes,
    [Symbol.asyncDispose]: () => body[Symbol.asyncDispose](),
  };
}

async function openRange(
  from: SourceLocator,
  snapshot: Snapshot,
  range: ByteRange,
  { signal }: Call,
): Promise<ByteReader> {
  const path = pathOf(from);
  const { file, version } = await openFile(path, signal);
  const planned = snapshot.validator.kind === 'date' ? snapshot.validator.lastModified : version.lastModified;
  try {
    check(path, { sizeBytes: snapshot.sizeBytes ?? version.sizeBytes, lastModified: planned }, version);
  } catch (error) {
    await file.close();
    throw error;
  }
  return fileReader(path, file, version, range, signal);
}

function pathOf({ url }: SourceLocator): string {
  // `file:name` would be /name for a URL parser, and is meant as one of this folder.
  if (!/^file:\//i.test(url)) throw notLocal(url);
  refuseDotSegments(url);
  try {
    return fileURLToPath(withPathAsWritten(url));
  } catch (cause) {
    throw notLocal(url, cause);
  }
}

function notLocal(url: string, cause?: unknown): PieceworkError {
  const shown = cause === undefined ? 'a relative file: URL' : redactUrl(url);
  const sentence = `${shown} is no URL of a local file; it looks like file:///absolute/path`;
  return new PieceworkError('InvalidUrl', sentence, { cause });
}

async function openFile(
  path: string,
  signal: AbortSignal,
): Promise<{ readonly file: FileHandle; readonly version: Version; readonly modifiedAt: string }> {
  signal.throwIfAborted();
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const stats = await file.stat({ bigint: true });
    if (stats.isDirectory()) throw fileError('SourceIsFolder', path, 'is a folder; give one file');
    if (!stats.isFile())
      throw fileError('SourceUnsupported', path, 'is no ordinary file; a pipe can be given as - (stdin)');
    return { file, version: versionOf(stats), modifiedAt: toIso(Number(stats.mtimeMs)) };
  } catch (error) {
    await file?.close();
    throw asFileError(error, path);
  }
}

function versionOf({ size, mtimeNs, mtimeMs }: BigIntStats): Version {
  const nanoseconds = String(mtimeNs % 1_000_000_000n).padStart(9, '0');
  return { sizeBytes: Number(size), lastModified: toIso(Number(mtimeMs)).replace(/\.\d{3}Z$/, `.${nanoseconds}Z`) };
}

function fileReader(
  path: string,
  file: FileHandle,
  version: Version,
  range: ByteRange,
  signal: AbortSignal,
): ByteReader {
  let position = range.start;
  let isOpen = true;
  return {
    async read(into) {
      signal.throwIfAborted();
      const wanted = Math.min(into.length, range.end - position);
      if (wanted === 0) {
        if (isOpen) check(path, version, versionOf(await file.stat({ bigint: true })));
        return 0;
      }
      const { bytesRead } = await file.read(into, 0, wanted, position).catch((error: unknown) => {
        throw asFileError(error, path);
      });
      signal.throwIfAborted();
      if (bytesRead === 0) throw fileError('SourceChanged', path, `ended before byte ${range.end}, which it had`);
      position += bytesRead;
      return bytesRead;
    },
    async [Symbol.asyncDispose]() {
      if (!isOpen) return;
      isOpen = false;
      await file.close();
    },
  };
}

function check(path: string, planned: Version, now: Version): void {
  if (now.sizeBytes !== planned.sizeBytes) {
    throw fileError('SourceChanged', path, `had ${planned.sizeBytes} bytes and has ${now.sizeBytes} now`);
  }
  if (now.lastModified !== planned.lastModified) {
    throw fileError('SourceChanged', path, `was modified at ${planned.lastModified}, and at ${now.lastModified} now`);
  }
}

function fileError(code: ErrorCode, path: string, sentence: string, cause?: unknown): PieceworkError {
  return new PieceworkError(code, `the file ${path} ${sentence}`, { cause, details: { target: path } });
}

function asFileError(thrown: unknown, path: string): unknown {
  const { code } = Object(thrown) as { code?: unknown };
  if (thrown instanceof PieceworkError || typeof code !== 'string') return thrown;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return fileError('SourceNotFound', path, `is not there (${code})`, thrown);
    case 'EISDIR':
      return fileError('SourceIsFolder', path, 'is a folder; give one file', thrown);
    case 'EACCES':
    case 'EPERM':
      return fileError('SourceForbidden', path, `may not be read (${code})`, thrown);
    default:
      return fileError('SourceServerError', path, `can't be read (${code})`, thrown);
  }
}
