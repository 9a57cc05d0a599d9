import { expect, test } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { withoutEchoes } from '../../lib/sources/echoes.ts';
import type { Source } from '../../lib/sources/source.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import { call } from '../support/reading.ts';

const SECRET = 'Zq7w.Xr2(LmT';
const BASIC = Buffer.from(`me:${SECRET}`).toString('base64');
const SENT: readonly (readonly [string, SourceLocator, string])[] = [
  ['the password of the URL', { url: `https://me:${encodeURIComponent(SECRET)}@h/f` }, SECRET],
  ['the same as it is sent', { url: `https://me:${encodeURIComponent(SECRET)}@h/f` }, BASIC],
  [
    'the same in a URL',
    { url: 'https://h/f', auth: { kind: 'basic', user: 'me', password: 'a b/c+d%e' } },
    'a%20b%2Fc%2Bd%25e',
  ],
  ['a token', { url: 'https://h/f', auth: { kind: 'bearer', token: SECRET } }, SECRET],
  [
    'a token in small letters, as a host',
    { url: 'https://h/f', auth: { kind: 'bearer', token: SECRET } },
    SECRET.toLowerCase(),
  ],
  ['a header', { url: 'https://h/f', headers: { 'x-token': SECRET } }, SECRET],
  ['a cookie of several', { url: 'https://h/f', headers: { cookie: `a=b; session=${SECRET}` } }, SECRET],
  [
    'the token of a session',
    { url: 's3://b/k', auth: { kind: 'aws', accessKeyId: 'a', secretAccessKey: 'b', sessionToken: SECRET } },
    SECRET,
  ],
];

const PLAIN: Snapshot = { ranges: true, validator: { kind: 'strong', etag: '"v1"' }, digests: {}, warnings: [] };

function sourceSaying(snapshot: Snapshot, finalUrl = 'https://h/f', failure?: Error, nextPage?: string): Source {
  const reader = {
    read: async () => {
      throw failure ?? new Error('nothing');
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    schemes: ['https'],
    probe: async () => ({
      snapshot,
      finalUrl,
      body: reader,
      bodyIsWhole: false,
      ...(nextPage === undefined ? {} : { nextPage }),
      [Symbol.asyncDispose]: async () => {},
    }),
    async open() {
      if (failure !== undefined) throw failure;
      return reader;
    },
    copySource: async () => undefined,
    [Symbol.asyncDispose]: async () => {},
  };
}

test.each(SENT)('%s is in nothing that is kept or shown', async (_what, from, echo) => {
  const snapshot: Snapshot = {
    ...PLAIN,
    contentType: `text/${echo}`,
    contentEncoding: 'gzip',
    contentDisposition: `attachment; filename=${echo}`,
    cacheControl: `private, ${echo}`,
    name: `${echo}.bin`,
    warnings: [`compressed (${echo})`],
  };
  const failure = new PieceworkError('SourceForbidden', `https://h/${echo}: no`, {
    details: { target: `https://h/${echo}`, sourceStatus: 403 },
    cause: new PieceworkError('SourceReset', `says ${echo}`),
  });
  const source = withoutEchoes(sourceSaying(snapshot, `https://h/${echo}/f`, failure));
  const probe = await source.probe(from, 1, call());
  expect([probe.snapshot, probe.finalUrl]).toEqual([
    { ...PLAIN, contentEncoding: 'gzip', name: 'download', warnings: ['compressed (***)'] },
    'https://h/***/f',
  ]);
  const range = { start: 0, end: 1 };
  for (const run of [() => source.open(from, snapshot, range, call()), () => probe.body.read(new Uint8Array(1))]) {
    const thrown = await run().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(thrown instanceof PieceworkError)) throw thrown;
    expect([thrown.code, thrown.message, thrown.details, thrown.cause]).toEqual([
      'SourceForbidden',
      'https://h/***: no',
      { target: 'https://h/***', sourceStatus: 403 },
      undefined,
    ]);
  }
});

test.each(SENT)('%s as a version is refused', async (_what, from, echo) => {
  const source = withoutEchoes(sourceSaying({ ...PLAIN, validator: { kind: 'strong', etag: `"${echo}"` } }));
  await expect(source.probe(from, 1, call())).rejects.toMatchObject({ code: 'SourceMalformed' });
});

test.each(SENT)('beside %s, the next page of a list stays; one that shows it is refused', async (_what, from, echo) => {
  const next = 'https://h/f?page=2&cursor=abcdefghijk';
  const probe = await withoutEchoes(sourceSaying(PLAIN, undefined, undefined, next)).probe(from, 'all', call());
  expect(probe.nextPage).toBe(next);
  const source = withoutEchoes(sourceSaying(PLAIN, undefined, undefined, `https://h/${echo}/f`));
  await expect(source.probe(from, 'all', call())).rejects.toMatchObject({
    code: 'SourceMalformed',
    message: expect.not.stringContaining(echo),
  });
});

test.each<readonly [string, SourceLocator]>([
  ['no credential', { url: 'https://h/f?name=report-2024.pdf' }],
  ['a short one', { url: 'https://me:report@h/f', headers: { 'x-a': 'pdf' } }],
  [
    'headers that any answer may repeat',
    {
      url: 'https://h/f',
      headers: { 'cache-control': 'no-cache', accept: 'report-2024.pdf', 'x-type': 'application/pdf' },
    },
  ],
])('with %s, all is passed on as it is', async (_what, from) => {
  const snapshot = { ...PLAIN, name: 'report-2024.pdf', contentType: 'application/pdf', cacheControl: 'no-cache' };
  const failure = new PieceworkError('SourceForbidden', 'https://h/report-2024.pdf: no');
  const source = withoutEchoes(sourceSaying(snapshot, 'https://h/report-2024.pdf', failure));
  const probe = await source.probe(from, 1, call());
  expect([probe.snapshot, probe.finalUrl]).toEqual([snapshot, 'https://h/report-2024.pdf']);
  await expect(source.open(from, snapshot, { start: 0, end: 1 }, call())).rejects.toBe(failure);
});
