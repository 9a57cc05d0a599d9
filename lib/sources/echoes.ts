import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import type { Rephrase } from '../errors/rephrased.ts';
import { rephrased, rephrasedReader } from '../errors/rephrased.ts';
import { withTexts } from '../errors/with-texts.ts';
import type { SourceLocator } from '../transfer/locators.ts';
import type { Snapshot } from '../transfer/snapshot.ts';
import { stated } from '../values/stated.ts';
import { decodedOrAsIs } from '../values/web/decoded.ts';
import { readUrl } from '../values/web/read-url.ts';
import type { Source } from './source.ts';

/** A shorter credential stands by chance in texts that have nothing to do with it. */
const LEAST_SECRET = 8;
/** Headers that say nothing secret, and whose words any answer may repeat. */
const HARMLESS = new Set(['accept', 'accept-language', 'cache-control', 'pragma', 'prefer', 'user-agent']);
const MEDIA_TYPE = /^[a-z]+\/[\w.+*-]+$/i;
const NO_NAME = 'download';

/**
 * The same source, which repeats no credential that a server said again: in a redirect, in what it says of its bytes.
 * Stands next to the server, where the credentials are known. A version that repeats one is refused, since records keep
 * it as it is, and so is a next page that shows one.
 */
export function withoutEchoes(source: Source): Source {
  return {
    ...source,
    async probe(from, firstBytes, call) {
      const hidden = hider(from);
      if (hidden === undefined) return await source.probe(from, firstBytes, call);
      const rephrase = rephraseBy(hidden);
      const probe = await rephrased(rephrase, () => source.probe(from, firstBytes, call));
      const { snapshot, nextPage } = probe;
      const repeatedAs = repeatsInVersion(snapshot, hidden)
        ? 'as the version of its bytes'
        : inNextPage(nextPage, hidden);
      if (repeatedAs !== undefined) {
        await probe[Symbol.asyncDispose]();
        throw new PieceworkError(
          'SourceMalformed',
          `${redactUrl(from.url)}: the server gives a credential that it was sent ${repeatedAs}`,
        );
      }
      return {
        snapshot: withoutRepetitions(snapshot, hidden),
        finalUrl: hidden(probe.finalUrl),
        body: rephrasedReader(rephrase, probe.body),
        bodyIsWhole: probe.bodyIsWhole,
        ...stated({ nextPage }),
        [Symbol.asyncDispose]: () => probe[Symbol.asyncDispose](),
      };
    },
    async open(from, snapshot, range, call) {
      const hidden = hider(from);
      if (hidden === undefined) return await source.open(from, snapshot, range, call);
      const rephrase = rephraseBy(hidden);
      return rephrasedReader(rephrase, await rephrased(rephrase, () => source.open(from, snapshot, range, call)));
    },
  };
}

type Hide = (text: string) => string;

/** `undefined` = there is nothing to hide. A host is written in small letters, so that the case says nothing. */
function hider(from: SourceLocator): Hide | undefined {
  const secrets = secretsOf(from);
  if (secrets.length === 0) return undefined;
  const all = new RegExp(secrets.map((one) => one.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'gi');
  return (text) => text.replace(all, '***');
}

/** Each as it is, as a URL has it, and as it is sent; the longest first. */
function secretsOf({ url, auth, headers = {} }: SourceLocator): readonly string[] {
  const { username = '', password = '' } = readUrl(url) ?? {};
  const given = Object.entries(headers).filter(([name]) => !HARMLESS.has(name.toLowerCase()));
  const values = [
    ...(password === '' ? [] : loginTexts(decodedOrAsIs(username), decodedOrAsIs(password))),
    ...authTexts(auth),
    ...given.flatMap(([, value]) => [value, ...value.split(/[\s;,=:]+/)]).filter((value) => !MEDIA_TYPE.test(value)),
  ];
  const long = values.filter((value) => value.length >= LEAST_SECRET);
  const forms = long.flatMap((value) => [value, encodeURIComponent(value.toWellFormed())]);
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

function authTexts(auth: SourceLocator['auth']): readonly string[] {
  switch (auth?.kind) {
    case 'basic':
      return loginTexts(auth.user, auth.password);
    case 'bearer':
      return [auth.token];
    case 'aws':
      return [auth.secretAccessKey, auth.sessionToken ?? ''];
    default:
      // A private key and its passphrase are not sent.
      return [];
  }
}

function loginTexts(user: string, password: string): readonly string[] {
  return password.length < LEAST_SECRET
    ? []
    : [password, Buffer.from(`${user}:${password}`).toString('base64').replace(/=+$/, '')];
}

function repeatsInVersion({ validator }: Snapshot, hidden: Hide): boolean {
  const text = JSON.stringify(validator);
  return hidden(text) !== text;
}

/** It is asked for as it is, and shown as the URL of a source is. */
function inNextPage(nextPage: string | undefined, hidden: Hide): string | undefined {
  const shown = nextPage === undefined ? '' : redactUrl(nextPage);
  return hidden(shown) === shown ? undefined : 'in the URL of its next page';
}

const DESCRIPTIONS = [
  'contentType',
  'contentEncoding',
  'contentDisposition',
  'contentLanguage',
  'cacheControl',
] as const;

function withoutRepetitions(snapshot: Snapshot, hidden: Hide): Snapshot {
  const { name, warnings } = snapshot;
  const repeated = DESCRIPTIONS.filter((field) => hidden(snapshot[field] ?? '') !== (snapshot[field] ?? ''));
  const kept = Object.entries(snapshot).filter(([field]) => !repeated.some((one) => one === field));
  return {
    ...(Object.fromEntries(kept) as unknown as Snapshot),
    ...(name === undefined ? {} : { name: hidden(name) === name ? name : NO_NAME }),
    warnings: warnings.map(hidden),
  };
}

/** An error that repeats nothing stays as it is, with all its causes. */
function rephraseBy(hidden: Hide): Rephrase {
  return (thrown) => (thrown instanceof PieceworkError && repeats(thrown, hidden) ? withTexts(thrown, hidden) : thrown);
}

/** Of an error and all its causes: each may be shown. */
function repeats(error: Error, hidden: Hide): boolean {
  const text = `${error.message} ${error instanceof PieceworkError ? JSON.stringify(error.details) : ''}`;
  return hidden(text) !== text || (error.cause instanceof Error && repeats(error.cause, hidden));
}
