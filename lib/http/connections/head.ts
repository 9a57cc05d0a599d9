import { fault } from '../../net/errors/fault.ts';
import type { PullSocket } from '../../net/sockets/pull-socket.ts';
import { readThrough } from '../../net/sockets/read-through.ts';
import { FIELD_NAME, FIELD_VALUE } from '../../values/web/http-fields.ts';
import type { Headers } from '../grammar/headers.ts';

/** The head of an answer, of a status of 200 or more or an interim one. */
export interface Head {
  readonly minorVersion: 0 | 1;
  readonly status: number;
  readonly headers: Headers;
}

/** How a body's end is known (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** The end of the connection, which looks the same as a break. */
  | { readonly kind: 'untilClosed' };

/** A line may end without CR: all other clients take that, and it is clear what it means (RFC 9112 §2.2). */
export const HEAD_ENDS = ['\n\r\n', '\n\n'];
export const MOST_HEAD_BYTES = 16 * 1024;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;

/** How long an idle connection may be expected to stand where the server does not say. */
const IDLE_MS = 4_000;
const MOST_IDLE_MS = 600_000;
/** Less than the server says, so that it does not close what we are just using. */
const IDLE_MARGIN_MS = 1_000;

function malformed(what: string): Error {
  return fault('HEAD_MALFORMED', what);
}

/** What can't become the beginning of a head any more, before its end is there. */
export function checkHeadSoFar(text: string): void {
  if (!'HTTP/1.'.startsWith(text.slice(0, 7))) throw malformed('it does not begin with HTTP/1');
}

/**
 * The next head on a connection, which may be an interim one. `undefined` = it was closed before.
 * @throws `HEAD_TOO_LARGE`, `HEAD_MALFORMED`.
 */
export async function readHead(socket: PullSocket): Promise<Head | undefined> {
  const text = await readThrough(socket, {
    ends: HEAD_ENDS,
    mostBytes: MOST_HEAD_BYTES,
    check: checkHeadSoFar,
    tooLong: () => fault('HEAD_TOO_LARGE', `more than ${MOST_HEAD_BYTES} bytes`),
  });
  return text === undefined ? undefined : parseHead(text);
}

/**
 * Strict, since what one reads as a header another reads as a body: no folded lines, no space before the colon, no
 * control characters, one length at most, if often (RFC 9112 §4, §5, RFC 9110 §8.6). `text` is the head with its empty
 * line; characters are the bytes. @throws `HEAD_MALFORMED`.
 */
export function parseHead(text: string): Head {
  const [statusLine = '', ...lines] = text.replace(/\r?\n\r?\n$/, '').split(/\r?\n/);
  const [, minorVersion, status] = STATUS_LINE.exec(statusLine) ?? [];
  if (status === undefined) throw malformed('its first line is no status line of HTTP/1');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    const value = withoutSpace(line.slice(colon + 1));
    if (!FIELD_NAME.test(name) || !FIELD_VALUE.test(value)) throw malformed('a line is no header');
    const before = headers.get(name);
    const isRepeated = name === 'content-length' && before === value;
    headers.set(name, before === undefined || isRepeated ? value : `${before}, ${value}`);
  }
  const length = headers.get('content-length');
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw malformed('its length is no number, or it has several');
  return { minorVersion: minorVersion === '0' ? 0 : 1, status: Number(status), headers: Object.fromEntries(headers) };
}

/** Spaces and tabs alone (RFC 9110 §5.6.3); `trim` takes more. */
function withoutSpace(value: string): string {
  const isSpace = (at: number) => value[at] === ' ' || value[at] === '\t';
  let start = 0;
  let end = value.length;
  while (start < end && isSpace(start)) start += 1;
  while (end > start && isSpace(end - 1)) end -= 1;
  return value.slice(start, end);
}

/** @throws `HEAD_MALFORMED` for a coding that was not asked for, and for a length and chunks at once. */
export function framingOf({ status, headers }: Head): Framing {
  const coding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (status === 204 || status === 304) return { kind: 'length', bytes: 0 };
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw malformed('its transfer coding is not chunked');
    if (length !== undefined) throw malformed('it states a length and chunks at once');
    return { kind: 'chunked' };
  }
  return length === undefined ? { kind: 'untilClosed' } : { kind: 'length', bytes: Number(length) };
}

/**
 * How long the connection may be used again after this answer; 0 = not at all.
 * @param unstatedMs where it does not say
 */
export function idleMsAfter(head: Head, unstatedMs = IDLE_MS): number {
  const { minorVersion, status, headers } = head;
  const options = (headers['connection'] ?? '').toLowerCase().split(',').map(withoutSpace);
  const stays = minorVersion === 1 ? !options.includes('close') : options.includes('keep-alive');
  // What they may have for a body would be read as the next answer.
  const isBare = status === 204 || status === 304;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!stays || (isBare && hasBody)) return 0;
  const stated = /(?:^|[\s,;])timeout=(\d{1,9})/i.exec(headers['keep-alive'] ?? '')?.[1];
  return stated === undefined
    ? unstatedMs
    : Math.max(0, Math.min(Number(stated) * 1000 - IDLE_MARGIN_MS, MOST_IDLE_MS));
}
