import type { Field, FieldReader } from './fields.ts';
import { encodeFields } from './fields.ts';

/** draft-ietf-secsh-filexfer-02 §3. */
export const QUESTION = { init: 1, open: 3, close: 4, read: 5, fstat: 8, stat: 17, extended: 200 } as const;
export const ANSWER = { version: 2, status: 101, handle: 102, data: 103, attributes: 105, extended: 201 } as const;
/** §7. */
export const STATUS = { ok: 0, end: 1 } as const;
/** §6.3: to read. */
export const OPEN_TO_READ = 1;
/** OpenSSH's PROTOCOL, 4.10: what one message and one READ may have. */
export const LIMITS = 'limits@openssh.com';

/** What is sent: length, kind, and fields, of which the first is the question's number (of INIT: the version). */
export function message(kind: number, ...fields: readonly Field[]): Buffer {
  const rest = encodeFields(fields);
  return Buffer.concat([encodeFields([1 + rest.length]), Buffer.from([kind]), rest]);
}

/** Each is sent under a flag of its own, and may be missing (§5). */
export interface Attributes {
  readonly size?: number;
  readonly mode?: number;
  /** In seconds since 1970. */
  readonly mtime?: number;
}

const FLAG = { size: 1, owner: 2, mode: 4, times: 8 } as const;

export function readAttributes(fields: FieldReader): Attributes {
  const flags = fields.number();
  const has = (flag: number) => (flags & flag) !== 0;
  const size = has(FLAG.size) ? { size: fields.large() } : {};
  if (has(FLAG.owner)) {
    fields.number();
    fields.number();
  }
  const mode = has(FLAG.mode) ? { mode: fields.number() } : {};
  if (!has(FLAG.times)) return { ...size, ...mode };
  fields.number();
  return { ...size, ...mode, mtime: fields.number() };
}

/** Names of what the server knows beside the protocol, with their versions (§4). */
export function readExtensions(fields: FieldReader): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  while (!fields.isAtEnd) known.set(fields.text(), fields.text());
  return known;
}
