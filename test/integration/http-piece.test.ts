import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../lib/errors/codes.ts';
import { stated } from '../../lib/values/stated.ts';
import { httpBench, MIDDLE, SIZE } from '../support/http-bench.ts';
import type { Handler } from '../support/origin.ts';
import type { Resource } from '../support/origin-resource.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT';
const bench = httpBench();

describe('a piece', () => {
  it('is asked for without If-Range where that gets the whole', async () => {
    const body = await bench.openAfter({ size: SIZE, wholeOnIfRange: true }, { size: SIZE, wholeOnIfRange: true });
    expect(body.equals(patternBytes(MIDDLE.start, 200_000))).toBe(true);
    expect(bench.origin.requests.map(({ status }) => status)).toEqual([206, 200, 206]);
  });

  const faults: readonly (readonly [string, Resource | Handler, ErrorCode])[] = [
    ['the whole file in place of the range', { ignoreRange: true }, 'RangesNotHonoured'],
    [
      'another range, honestly named',
      { contentRange: (r, n) => `bytes ${r.start + 1}-${r.end}/${n}` },
      'RangeMismatch',
    ],
    ['no Content-Range', { contentRange: () => null }, 'RangeMismatch'],
    ['another total', { size: SIZE + 1 }, 'SourceChanged'],
    ['another ETag', { etag: '"v2"' }, 'SourceChanged'],
    ['a coding made on the fly', { headers: { 'content-encoding': 'gzip' } }, 'BodyEncoded'],
    [
      'a length that is not the range’s',
      { shiftRange: ({ start, end }) => ({ start, end: end - 1 }) },
      'RangeMismatch',
    ],
    ['fewer bytes than announced', { excessBytes: -10 }, 'BodyShort'],
    ['fewer bytes, chunked', { excessBytes: -10, chunked: true }, 'BodyShort'],
    [
      'a chunked end that comes early',
      { shiftRange: ({ start, end }) => ({ start, end: end - 9 }), chunked: true },
      'BodyShort',
    ],
    [
      'a chunked body cut off on a connection that was to be closed',
      { excessBytes: -10, chunked: true, headers: { connection: 'close' } },
      'BodyShort',
    ],
    [
      'a body cut off on a connection that was to be closed',
      { excessBytes: -10, headers: { connection: 'close' } },
      'BodyShort',
    ],
    ['more bytes than asked for', { excessBytes: 10, chunked: true }, 'BodyLong'],
    ['a reset', { resetAfterBytes: 50_000 }, 'SourceReset'],
    ['a reset before any byte', { resetAfterBytes: 0 }, 'SourceReset'],
  ];

  it.each(faults)('with %s is not taken: %3$s', async (_what, fault, code) => {
    const after = typeof fault === 'function' ? fault : { size: SIZE, ...fault };
    const error = await failureOf(bench.openAfter({ size: SIZE }, after), code);
    expect(error.message).toContain('/file.bin: ');
    expect(error.details.target).toContain('/file.bin');
  });

  it('that comes in crumbs is counted all the same', async () => {
    const body = await bench.openAfter({ size: SIZE }, async (_request, response) => {
      const bytes = patternBytes(MIDDLE.start, 200_000);
      response.writeHead(206, {
        'content-range': `bytes 100000-299999/${SIZE}`,
        etag: '"v1"',
        'content-type': 'application/octet-stream',
      });
      for (let at = 0; at < bytes.length; at += 997) {
        if (!response.write(bytes.subarray(at, at + 997))) await once(response, 'drain');
      }
      response.end();
    });
    expect(body.equals(patternBytes(MIDDLE.start, 200_000))).toBe(true);
  });

  it('that stops coming has stalled', async () => {
    const impatient = bench.useSource({ stallTimeoutMs: 150 });
    await failureOf(bench.openAfter({ size: SIZE }, { size: SIZE, stallAfterBytes: 5000 }, impatient), 'SourceStalled');
  });

  it('whose reader takes its time has not stalled', async () => {
    const impatient = bench.useSource({ stallTimeoutMs: 100 });
    const from = { url: bench.origin.serve('/file.bin', { size: 20_000_000 }) };
    await using probe = await impatient.probe(from, 'all', call());
    const into = new Uint8Array(1000);
    expect(await probe.body.read(into)).toBe(1000);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await readAll(probe.body, 1_000_000)).toHaveLength(20_000_000 - 1000);
  });

  it('waits at the server while nobody reads it', async () => {
    const from = { url: bench.origin.serve('/file.bin', { size: 300_000_000 }) };
    await using probe = await bench.source.probe(from, 'all', call());
    const [request] = bench.origin.requests;
    let before = -1;
    for (let quiet = 0; quiet < 5; quiet += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (request?.bytesSent !== before) quiet = 0;
      before = request?.bytesSent ?? 0;
    }
    // What fits into the buffers of two kernels' sockets, and not more.
    expect(before).toBeLessThan(100_000_000);
    expect(await probe.body.read(new Uint8Array(1))).toBe(1);
  });

  it('that comes below the least speed has stalled', async () => {
    const impatient = bench.useSource({ stallTimeoutMs: 200, minBytesPerSecond: 1_000_000 });
    const slow = { size: SIZE, bytesPerSecond: 20_000 };
    const error = await failureOf(bench.openAfter({ size: SIZE }, slow, impatient), 'SourceStalled');
    expect(error.message).toContain('1000000 bytes per second');
  });

  it('above the least speed is left alone', async () => {
    const patient = bench.useSource({ stallTimeoutMs: 100, minBytesPerSecond: 10_000 });
    expect(await bench.openAfter({ size: SIZE }, { size: SIZE, bytesPerSecond: 500_000 }, patient)).toHaveLength(
      200_000,
    );
  });
});

describe('a status that says no', () => {
  it.each([
    [400, 'SourceBadRequest'],
    [401, 'SourceUnauthorized'],
    [403, 'SourceForbidden'],
    [404, 'SourceNotFound'],
    [410, 'SourceGone'],
    [429, 'SourceBusy'],
    [500, 'SourceServerError'],
    [503, 'SourceBusy'],
  ] as const)('%i is %s, at the probe and at a piece, and keeps the connection', async (status, code) => {
    // A 403 that says when to come again is a limit, and no denial.
    const [asked, retryAfterMs] = status === 403 ? [{}, undefined] : [{ 'retry-after': '7' }, 7000];
    const refusing: Handler = (_request, response) => {
      response.writeHead(status, { 'content-length': '5', ...asked }).end('sorry');
    };
    const details = { sourceStatus: status, ...stated({ retryAfterMs }) };
    const url = bench.origin.serve('/no', refusing);
    const atProbe = await failureOf(bench.source.probe({ url: `${url}?key=hunter2` }, 1000, call()), code);
    expect(atProbe.details).toMatchObject(details);
    expect(atProbe.message).toContain('/no?key=***: ');
    expect(atProbe.message).toContain(String(status));
    const atPiece = await failureOf(bench.openAfter({ size: SIZE }, refusing), code);
    expect(atPiece.details).toMatchObject(details);
    expect(bench.origin.connections).toBe(1);
  });

  it.each([{ 'retry-after': '7' }, { ratelimit: '"default";r=0;t=7' }])('403 with %j is SourceBusy', async (asked) => {
    const url = bench.origin.serve('/no', { size: SIZE, refuse: { times: 9, status: 403, headers: asked } });
    const error = await failureOf(bench.source.probe({ url }, 1000, call()), 'SourceBusy');
    expect(error.details).toMatchObject({ sourceStatus: 403, retryAfterMs: 7000 });
    expect(bench.origin.requests).toHaveLength(1);
  });

  it('may say until when to wait as a date', async () => {
    const waiting = bench.useSource({ now: () => Date.parse(DATE) - 2500 });
    const refuse = { times: 1, status: 503, headers: { 'retry-after': DATE } };
    const url = bench.origin.serve('/busy', { size: SIZE, refuse });
    const error = await failureOf(waiting.probe({ url }, 1000, call()), 'SourceBusy');
    expect(error.details.retryAfterMs).toBe(2500);
    expect(error.reaction).toBe('wait');
    expect(await bench.snapshotOf({ url }, waiting)).toMatchObject({ sizeBytes: SIZE });
  });
});
