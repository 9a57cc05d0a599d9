import { createHash, randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/**
 * What stands beside a target `name` while it is written, all hidden and never longer than 255 bytes, the usual limit:
 *
 *     .name.piecework-0123456789abcdef.part      the bytes
 *     .name.piecework-0123456789abcdef.journal   the ledger
 *     .name.piecework.lock                       who writes
 *
 * A single put has `put-` before its id: it can't be continued, so that one left behind by a crash is rubbish.
 */
export interface Beside {
  readonly folder: string;
  readonly name: string;
  readonly lock: string;
  /** @throws RangeError for what is no id: it comes from a record and becomes part of a file name. */
  upload(id: string): UploadFiles;
  /** The id of an upload of exactly this target, if the file belongs to one. */
  idOf(fileName: string): string | undefined;
}

export interface UploadFiles {
  readonly id: string;
  readonly partial: string;
  readonly journal: string;
}

const LONGEST_STEM_BYTES = 180;

export function beside(target: string): Beside {
  const [folder, name] = [dirname(target), basename(target)];
  const stem = stemOf(name);
  const prefix = `.${stem}.piecework-`;
  return {
    folder,
    name,
    lock: join(folder, `.${stem}.piecework.lock`),
    upload(id) {
      if (!isUploadId(id)) throw new RangeError(`${JSON.stringify(id)} is not the id of an upload to a file`);
      const start = join(folder, `${prefix}${id}`);
      return { id, partial: `${start}.part`, journal: `${start}.journal` };
    },
    idOf(fileName) {
      if (!fileName.startsWith(prefix)) return undefined;
      const [, id] = /^(.*)\.(?:part|journal)$/.exec(fileName.slice(prefix.length)) ?? [];
      return id !== undefined && isUploadId(id) ? id : undefined;
    },
  };
}

/** The name of a file that stands beside some target: as a target itself it would be taken for that, and deleted. */
export function isBeside(fileName: string): boolean {
  return /^\..+\.piecework(?:-(?:put-)?[0-9a-f]{16}\.(?:part|journal)|\.lock(?:\..+)?)$/i.test(fileName);
}

export function newUploadId(): string {
  return randomBytes(8).toString('hex');
}

/** Follows from the token: the caller that releases a put knows nothing else of it. */
export function putId(token: string): string {
  return `put-${hash(token)}`;
}

export function isPutId(id: string): boolean {
  return id.startsWith('put-');
}

export function isUploadId(id: string): boolean {
  return /^(?:put-)?[0-9a-f]{16}$/.test(id);
}

/** The name, or for a long one its beginning and its hash. */
function stemOf(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_STEM_BYTES) return name;
  let start = '';
  for (const char of name) {
    if (Buffer.byteLength(start + char) > LONGEST_STEM_BYTES - 17) break;
    start += char;
  }
  return `${start}~${hash(name)}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
