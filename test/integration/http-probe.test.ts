import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../lib/values/version.ts';
import { httpBench, MIDDLE, SIZE } from '../support/http-bench.ts';
import type { Resource } from '../support/origin-resource.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT';
const bench = httpBench();

describe('what is asked', () => {
  it('is GET with Range and without a coding; If-Range only after the probe', async () => {
    await bench.openAfter({ size: SIZE }, { size: SIZE });
    const [probe, open] = bench.origin.requests;
    expect(bench.origin.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect(probe?.headers).toMatchObject({ range: 'bytes=0-999', 'accept-encoding': 'identity', accept: '*/*' });
    expect(probe?.headers['user-agent']).toBe(`piecework/${VERSION}`);
    expect(probe?.headers).not.toHaveProperty('if-range');
    expect(open?.headers).toMatchObject({ range: 'bytes=100000-299999', 'if-range': '"v1"' });
    expect(open?.bytesSent).toBe(200_000);
  });

  it('puts the date into If-Range, never a weak ETag', async () => {
    await bench.openAfter(
      { size: SIZE, etag: null, lastModified: DATE },
      { size: SIZE, etag: null, lastModified: DATE },
    );
    expect(bench.origin.requests[1]?.headers['if-range']).toBe(DATE);
    await bench.openAfter({ size: SIZE, etag: 'W/"v1"', lastModified: DATE }, { size: SIZE, etag: 'W/"v1"' });
    expect(bench.origin.requests[3]?.headers).not.toHaveProperty('if-range');
  });

  it('carries credentials and headers of the caller', async () => {
    const url = bench.origin.serve('/file.bin', { size: SIZE });
    await bench.snapshotOf({
      url: url.replace('//', '//alice:p%40ss@'),
      headers: { Accept: 'text/csv', cookie: 'a=b' },
    });
    expect(bench.origin.requests[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('alice:p@ss').toString('base64')}`,
      accept: 'text/csv',
      cookie: 'a=b',
    });
    await bench.snapshotOf({ url, auth: { kind: 'bearer', token: 'tok' } });
    expect(bench.origin.requests[1]?.headers['authorization']).toBe('Bearer tok');
  });

  it('keeps a connection for the next question, also when a small rest was left unread', async () => {
    const from = { url: bench.origin.serve('/file.bin', { size: SIZE }) };
    for (let i = 0; i < 3; i += 1) await bench.snapshotOf(from);
    await bench.openAfter({ size: SIZE }, { size: SIZE });
    expect(bench.origin.connections).toBe(1);
  });

  it('closes a connection rather than reading a large rest', async () => {
    const from = { url: bench.origin.serve('/file.bin', { size: 50_000_000 }) };
    await (await bench.source.probe(from, 'all', call()))[Symbol.asyncDispose]();
    await bench.snapshotOf(from);
    expect(bench.origin.connections).toBe(2);
    expect(bench.origin.requests[0]?.bytesSent).toBeLessThan(50_000_000);
  });
});

describe('the snapshot', () => {
  it('says what the server says', async () => {
    const sha = createHash('sha256').update(patternBytes(0, SIZE)).digest();
    const from = {
      url: bench.origin.serve('/file.bin?X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-Signature=hunter2', {
        size: SIZE,
        lastModified: DATE,
        headers: {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': 'attachment; filename="table.csv"',
          'content-language': 'de',
          'cache-control': 'max-age=60',
          'repr-digest': `sha-256=:${sha.toString('base64')}:`,
        },
      }),
    };
    const now = Date.UTC(2026, 0, 1);
    await using probe = await bench.useSource({ now: () => now }).probe(from, 1000, call());
    expect(probe.snapshot).toEqual({
      sizeBytes: SIZE,
      ranges: true,
      validator: { kind: 'strong', etag: '"v1"', lastModified: DATE },
      contentType: 'text/csv; charset=utf-8',
      contentDisposition: 'attachment; filename="table.csv"',
      contentLanguage: 'de',
      cacheControl: 'max-age=60',
      modifiedAt: '2026-01-01T00:00:00.000Z',
      name: 'table.csv',
      digests: { sha256: sha.toString('hex') },
      warnings: ["the link's signature expires at 2026-01-01T00:01:00.000Z"],
    });
    expect(probe.finalUrl).not.toContain('hunter2');
    expect(probe.finalUrl).toContain('/file.bin?X-Amz-Date=***');
  });

  it('warns of what is missing', async () => {
    const url = bench.origin.serve('/file.bin', { size: SIZE, etag: null, ignoreRange: true });
    const { warnings } = await bench.snapshotOf({ url: `${url}?Expires=1000000000&Signature=s` });
    expect(warnings).toHaveLength(3);
    expect(warnings.join()).toMatch(/expired at 2001-09-09.*neither ETag nor Last-Modified.*ranges/);
  });

  it.each([
    ['/data.zip', 'text/html; charset=utf-8', /a page of HTML for data\.zip/],
    ['/table.csv?token=1', 'application/xhtml+xml', /a page of HTML for table\.csv/],
  ])('warns of a page that comes for a file: %s', async (path, contentType, sentence) => {
    const url = bench.origin.base + path;
    bench.origin.serve(path.split('?', 1)[0] ?? '', { size: SIZE, headers: { 'content-type': contentType } });
    expect((await bench.snapshotOf({ url })).warnings.join()).toMatch(sentence);
  });

  it.each([
    ['/index.html', 'text/html'],
    ['/show.php', 'text/html'],
    ['/v1.2', 'text/html'],
    ['/folder', 'text/html'],
    ['/data.zip', 'application/zip'],
  ])('warns of no page where one may be meant: %s as %s', async (path, contentType) => {
    const url = bench.origin.serve(path, { size: SIZE, headers: { 'content-type': contentType } });
    expect((await bench.snapshotOf({ url })).warnings).toEqual([]);
  });

  it.each([
    [401, { 'www-authenticate': 'Digest realm="a, b", nonce="x"' }, /by Digest \(401\), and Piecework knows Basic/],
    [401, { 'www-authenticate': 'Negotiate, NTLM' }, /by Negotiate, NTLM \(401\)/],
    [401, { 'www-authenticate': 'Digest realm="a", Basic realm="b"' }, /asks for credentials, or for other ones/],
    [401, {}, /asks for credentials, or for other ones/],
    [403, {}, /denies access \(403\); the credentials may lack the right/],
  ] as const)('a refusal says what it can: %i %j', async (status, headers, sentence) => {
    const url = bench.origin.serve('/file.bin', (_request, response) => void response.writeHead(status, headers).end());
    const code = status === 401 ? 'SourceUnauthorized' : 'SourceForbidden';
    expect((await failureOf(bench.source.probe({ url }, 1000, call()), code)).message).toMatch(sentence);
  });

  it('of a link that is signed and not over its time, only a later refusal may mean that it has expired', async () => {
    const url = bench.origin.serve('/file.bin', { size: SIZE });
    const signed = { url: `${url}?Expires=4000000000&Signature=s` };
    const snapshot = await bench.snapshotOf(signed);
    bench.origin.serve('/file.bin', (_request, response) => void response.writeHead(403).end());
    const first = await failureOf(bench.source.probe(signed, 1000, call()), 'SourceForbidden');
    expect(first.message).not.toContain('expired');
    expect(first.message).toContain('--user-agent');
    const later = await failureOf(bench.source.open(signed, snapshot, MIDDLE, call()), 'SourceForbidden');
    expect(later.message).toContain('the link may have expired');
  });

  it('only of a link that is signed it says that it may have expired', async () => {
    const url = bench.origin.serve('/file.bin', (_request, response) => void response.writeHead(403).end());
    const signed = { url: `${url}?Expires=1000000000&Signature=s` };
    const error = await failureOf(bench.source.probe(signed, 1000, call()), 'SourceForbidden');
    expect(error.message).toContain('the link may have expired');
  });

  it('decodes what describes the bytes once, UTF-8 or latin1, as browsers do', async () => {
    const latin1 = (text: string) => Buffer.from(text, 'latin1').toString('latin1');
    const utf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
    for (const encode of [latin1, utf8]) {
      const headers = {
        'content-disposition': encode('attachment; filename="größe.txt"'),
        'content-type': encode('text/plain; name="größe.txt"'),
      };
      const from = { url: bench.origin.serve('/file.bin', { size: SIZE, headers }) };
      const snapshot = await bench.snapshotOf(from);
      expect(snapshot).toMatchObject({
        contentDisposition: 'attachment; filename="größe.txt"',
        contentType: 'text/plain; name="größe.txt"',
        name: 'größe.txt',
      });
      await readAll(await bench.source.open(from, snapshot, MIDDLE, call()));
    }
  });

  it('keeps a coding that nobody asked for, and its bytes as they are', async () => {
    const bytes = gzipSync(patternBytes(0, SIZE));
    const from = { url: bench.origin.serve('/file.gz', { bytes, headers: { 'content-encoding': 'gzip' } }) };
    await using probe = await bench.source.probe(from, 'all', call());
    expect(probe.snapshot.contentEncoding).toBe('gzip');
    expect((await readAll(probe.body)).equals(bytes)).toBe(true);
  });
});

describe('a probe whose Range is not answered with exactly that', () => {
  const asksAgain: readonly (readonly [string, Resource])[] = [
    ['a 206 without Content-Range', { contentRange: () => null }],
    ['another range', { contentRange: (range, size) => `bytes ${range.start + 1}-${range.end}/${size}` }],
    ['a shorter range', { contentRange: (_range, size) => `bytes 0-499/${size}` }],
    ['no total', { contentRange: (range) => `bytes ${range.start}-${range.end - 1}/*` }],
    ['nonsense', { contentRange: () => 'bytes: all of them' }],
    ['another length', { shiftRange: ({ start, end }) => ({ start, end: end === SIZE ? end : end + 5 }) }],
    ['several parts', { headers: { 'content-type': 'multipart/byteranges; boundary=x' } }],
  ];

  it.each(asksAgain)(
    'but with %s asks once more, without Range, and then does not count on ranges',
    async (_what, lie) => {
      const from = { url: bench.origin.serve('/file.bin', { size: SIZE, ...lie }) };
      await using probe = await bench.source.probe(from, 1000, call());
      expect(probe.snapshot).toMatchObject({ ranges: false, sizeBytes: SIZE });
      expect(probe.bodyIsWhole).toBe(true);
      expect((await readAll(probe.body)).equals(patternBytes(0, SIZE))).toBe(true);
      expect(bench.origin.requests.map(({ headers }) => headers['range'])).toEqual(['bytes=0-999', undefined]);
    },
  );

  it('but with a 200 takes the body in hand', async () => {
    const from = { url: bench.origin.serve('/file.bin', { size: SIZE, ignoreRange: true }) };
    await using probe = await bench.source.probe(from, 1000, call());
    expect(probe.snapshot).toMatchObject({ ranges: false, sizeBytes: SIZE });
    expect(await readAll(probe.body)).toHaveLength(SIZE);
    expect(bench.origin.requests).toHaveLength(1);
  });

  it('but with a 200 for a range that is the whole warns of nothing', async () => {
    const from = { url: bench.origin.serve('/file.bin', { size: SIZE, ignoreRange: true }) };
    await using probe = await bench.source.probe(from, SIZE, call());
    expect(probe.snapshot).toMatchObject({ sizeBytes: SIZE, warnings: [] });
    expect(probe.bodyIsWhole).toBe(true);
  });

  it('but with a 200 of unknown length reads to its end', async () => {
    const from = { url: bench.origin.serve('/file.bin', { size: SIZE, ignoreRange: true, chunked: true }) };
    await using probe = await bench.source.probe(from, 1000, call());
    expect(probe.snapshot).not.toHaveProperty('sizeBytes');
    expect((await readAll(probe.body)).equals(patternBytes(0, SIZE))).toBe(true);
  });

  it('but with a 416 for an empty file learns the head from a plain question', async () => {
    const from = { url: bench.origin.serve('/empty.txt', { size: 0, headers: { 'content-type': 'text/plain' } }) };
    await using probe = await bench.source.probe(from, 1000, call());
    expect(probe.snapshot).toMatchObject({ sizeBytes: 0, contentType: 'text/plain', validator: { kind: 'strong' } });
    expect(probe.bodyIsWhole).toBe(true);
    expect(await readAll(probe.body)).toHaveLength(0);
    expect(bench.origin.requests.map(({ status }) => status)).toEqual([416, 200]);
  });

  it('but with 416 to everything is an error', async () => {
    const url = bench.origin.serve('/file.bin', (_request, response) => {
      response.writeHead(416).end();
    });
    const error = await failureOf(bench.source.probe({ url }, 1000, call()), 'SourceRangeRefused');
    expect(error.details).toMatchObject({ sourceStatus: 416, target: url });
  });

  it.each([206, 204, 203, 300])('fails clearly when the plain question gets a %i', async (status) => {
    const url = bench.origin.serve('/file.bin', (_request, response) => {
      response.writeHead(status, { 'content-range': 'bytes 0-1/10' }).end();
    });
    const error = await failureOf(bench.source.probe({ url }, 'all', call()), 'SourceMalformed');
    expect(error.details.sourceStatus).toBe(status);
  });
});
