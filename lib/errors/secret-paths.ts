import { decodedOrAsIs } from '../values/web/decoded.ts';

/*
 * Tokens that stand in a path, by their shape. No list of shapes is whole: a token of another shape is marked by the
 * caller (`secretPath`). File names and digests stay readable, so length and look alone make nothing a token (ADR 18).
 */

/** After these a value is a secret whatever it looks like: `;jsessionid=…`, `/edge-cache-token=…/`. */
const SURE_WORDS = new Set(
  (
    'token tokens secret secrets signature hmac session sessions sessionid jsessionid phpsessid sid password passwd ' +
    'apikey accesskey credential credentials jwt bearer hdnts hdnea hdntl'
  ).split(' '),
);
/** After these only where it also looks like chance. */
const POSSIBLE_WORDS = new Set('key sig auth access pass pwd sas share invite'.split(' '));

/** What issuers put before their tokens, so that scanners find them. */
const ISSUED =
  /^(?:gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|xapp-|[rs]k_(?:live|test)_|npm_|hf_|pypi-|dop_v1_|shp(?:at|ca|pa|ss)_|SG\.|AIza)[\w.-]{12,}$/;

/** The end of a word that names what follows, whatever sign stands before it: `access-token`, `a!token` → `token`. */
function lastWord(name: string): string {
  return (
    name
      .toLowerCase()
      .split(/[^a-z0-9]/)
      .at(-1) ?? ''
  );
}

function looksLikeChance(text: string): boolean {
  if (/^[0-9a-f]{20,}$/i.test(text) || /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return true;
  if (/^[a-z0-9]{24,}$/i.test(text)) return /\d/.test(text) && /[a-z]/i.test(text);
  return /^[\w%-]{20,}={0,2}$/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);
}

function isJwt(segment: string): boolean {
  return /^eyJ[\w-]{12,}(?:\.|$)/.test(segment);
}

/** Segments that are one token from here to the end of the path: what Slack, Discord and Teams call a hook. */
function hookLength(before: readonly string[], rest: readonly string[]): number {
  const [first = '', second = ''] = rest;
  const [word = '', wordBefore = ''] = [before.at(-1)?.toLowerCase() ?? '', before.at(-2)?.toLowerCase() ?? ''];
  if (/^(?:services|workflows|triggers)$/.test(word) && /^[TE][A-Z0-9]{5,}$/.test(first) && second !== '')
    return rest.length;
  if (word === 'incomingwebhook' || (wordBefore === 'webhooks' && /^\d{5,}$/.test(word))) return rest.length;
  return 0;
}

function redactSegment(segment: string, before: string): string {
  if (/^bot\d+(?::|%3a)/i.test(segment)) return 'bot***';
  if (isJwt(segment) || ISSUED.test(segment)) return '***';
  const word = lastWord(before);
  if ((SURE_WORDS.has(word) || POSSIBLE_WORDS.has(word)) && looksLikeChance(segment)) return '***';
  // Matrix parameters (RFC 3986 §3.3), and what CDNs sign a path with.
  return segment
    .split(/([;&~,])/)
    .map((part) => redactPair(part))
    .join('');
}

function redactPair(part: string): string {
  const equals = part.indexOf('=');
  if (equals < 1 || equals === part.length - 1) return part;
  const [name, value] = [part.slice(0, equals), part.slice(equals + 1)];
  const word = lastWord(name);
  const isSecret = SURE_WORDS.has(word) || isJwt(value) || (POSSIBLE_WORDS.has(word) && looksLikeChance(value));
  return isSecret ? `${name}=***` : part;
}

/** What a file at this path is called, decoded where that can be; empty where it is not to be shown. */
export function nameInPath(path: string): string {
  const last = path.split('/').at(-1) ?? '';
  // What is not shown as a path is none as a name: it would stand in the destination.
  return redactPath(path).split('/').at(-1) === last ? decodedOrAsIs(last) : '';
}

/** A path without the tokens whose shape is known. Takes one step for each segment and character. */
export function redactPath(path: string): string {
  const segments = path.split('/');
  const shown: string[] = [];
  for (const [index, segment] of segments.entries()) {
    if (hookLength(segments.slice(Math.max(0, index - 2), index), segments.slice(index, index + 3)) > 0)
      return [...shown, '***'].join('/');
    shown.push(segment === '' ? '' : redactSegment(segment, segments[index - 1] ?? ''));
  }
  return shown.join('/');
}
