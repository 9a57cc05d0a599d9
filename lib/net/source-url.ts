import { domainToASCII } from 'node:url';
import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import { howToWriteLogin, readUrl } from '../values/web/read-url.ts';
import { hasDotSegments } from '../values/web/written-path.ts';

/** @throws PieceworkError `InvalidUrl`. */
export function parseSourceUrl(text: string, example: string): URL {
  const url = readUrl(text);
  if (url === undefined || url.hostname === '') {
    const hint = howToWriteLogin(text);
    throw new PieceworkError('InvalidUrl', `not a URL: ${redactUrl(text)}; it looks like ${example}${hint}`);
  }
  refuseDotSegments(text);
  return url;
}

/**
 * A path with `.` or `..` names one thing to the server and another to a reader of URLs, so that something else than
 * was named could be brought. @throws PieceworkError `InvalidUrl`.
 */
export function refuseDotSegments(text: string): void {
  if (!hasDotSegments(text)) return;
  throw new PieceworkError(
    'InvalidUrl',
    `${redactUrl(text)} was written with . or .. as a part of its path, which no URL can carry; write the path without`,
  );
}

/**
 * The host as it is resolved: without brackets, in ASCII, also for the schemes that `URL` leaves as they were written.
 */
export function hostOfUrl(url: URL): string {
  const bare = url.hostname.replace(/^\[|\]$/g, '');
  const ascii = bare.includes(':') ? bare : domainToASCII(decoded(url, bare, 'host'));
  if (ascii === '') throw new PieceworkError('InvalidUrl', `${redactUrl(url.href)}: the host is not a valid name`);
  return ascii;
}

/** Percent-decoded UTF-8. */
export function decoded(url: URL, text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw badlyEncoded(url, what, cause);
  }
}

function badlyEncoded(url: URL, what: string, cause: unknown): PieceworkError {
  const sentence = `its ${what} is not percent-encoded UTF-8; write % as %25`;
  return new PieceworkError('InvalidUrl', `${redactUrl(url.href)}: ${sentence}`, { cause });
}

/** What would break out of a command or a file name. */
export function hasControlCharacters(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are looked for
  return /[\u0000-\u001f\u007f]/.test(text);
}
