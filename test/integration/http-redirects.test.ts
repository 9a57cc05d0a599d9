import { describe, expect, it } from 'vitest';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { byRequest, status } from '../support/hostile-lies.ts';
import { httpBench, MIDDLE, SIZE } from '../support/http-bench.ts';
import { redirect, startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

const bench = httpBench();

describe('redirects', () => {
  it('are followed, and the name is the last URL’s', async () => {
    bench.origin.serve('/b', redirect('/dir/final.iso', 307));
    bench.origin.serve('/dir/final.iso', { size: SIZE });
    const from = { url: bench.origin.serve('/a', redirect('/b', 301)) };
    await using probe = await bench.source.probe(from, 1000, call());
    expect(probe.snapshot.name).toBe('final.iso');
    expect(probe.finalUrl).toBe(`${bench.origin.base}/dir/final.iso`);
    expect(bench.origin.requests.every(({ headers }) => headers['range'] === 'bytes=0-999')).toBe(true);
    expect(bench.origin.connections).toBe(1);
  });

  it.each([301, 302, 303, 307, 308])('are followed for %i', async (status) => {
    bench.origin.serve('/file.bin', { size: SIZE });
    expect(await bench.snapshotOf({ url: bench.origin.serve('/a', redirect('/file.bin', status)) })).toMatchObject({
      ranges: true,
    });
  });

  it('are asked anew for each piece, since their target may have expired', async () => {
    bench.origin.serve('/one.bin', { size: SIZE });
    const from = { url: bench.origin.serve('/a', redirect('/one.bin')) };
    const snapshot = await bench.snapshotOf(from);
    bench.origin.remove('/one.bin');
    bench.origin.serve('/two.bin', { size: SIZE });
    bench.origin.serve('/a', redirect('/two.bin'));
    const body = await readAll(await bench.source.open(from, snapshot, MIDDLE, call()));
    expect(body.equals(patternBytes(MIDDLE.start, 200_000))).toBe(true);
    expect(bench.origin.requests.map(({ url }) => url)).toEqual(['/a', '/one.bin', '/one.bin', '/a', '/two.bin']);
    expect(bench.origin.requests[4]?.headers['if-range']).toBe('"v1"');
  });

  describe('to mirrors in turn, the same bytes under an ETag of their own', () => {
    const toMirrors = (): string => {
      bench.origin.serve('/a.bin', { size: SIZE, etag: '"a"' });
      bench.origin.serve('/b.bin', { size: SIZE, etag: '"b"' });
      return bench.origin.serve(
        '/any',
        byRequest((number) => redirect(`/${'ab'[(number - 1) % 2]}.bin?signature=hunter2`)),
      );
    };

    it('are asked for where the first look was', async () => {
      const from = { url: toMirrors() };
      const snapshot = await bench.snapshotOf(from);
      const bytes = await readAll(await bench.source.open(from, snapshot, MIDDLE, call()));
      expect(bytes.equals(patternBytes(MIDDLE.start, 200_000))).toBe(true);
      expect(bench.origin.requests.map(({ url }) => url.split('?')[0])).toEqual(['/any', '/a.bin', '/a.bin']);
      // What is seen of the way shows no signature.
      await using probe = await bench.source.probe(from, 1000, call());
      expect(JSON.stringify([probe.snapshot, probe.finalUrl])).not.toContain('hunter2');
    });

    it('are looked for until one is the planned version, by a process that never saw the first', async () => {
      const from = { url: toMirrors() };
      const snapshot = await bench.snapshotOf(from);
      const later = bench.useSource({});
      for (let piece = 0; piece < 3; piece += 1) {
        const bytes = await readAll(await later.open(from, snapshot, MIDDLE, call()));
        expect(bytes.equals(patternBytes(MIDDLE.start, 200_000))).toBe(true);
      }
    });

    it('are a source that has changed where none has the planned version', async () => {
      const from = { url: toMirrors() };
      const snapshot = await bench.snapshotOf(from);
      for (const path of ['/a.bin', '/b.bin']) bench.origin.serve(path, { size: SIZE, etag: '"c"' });
      await failureOf(bench.source.open(from, snapshot, MIDDLE, call()), 'SourceChanged');
      expect(bench.origin.requests.filter(({ url }) => url === '/any')).toHaveLength(1 + 8);
    });
  });

  it('that lost the credentials on the way say so where those are asked for', async () => {
    const other = bench.alsoUse(await startOrigin());
    other.serve('/file.bin?key=hunter2', status(403));
    const url = bench.origin.serve('/a', redirect(`${other.base}/file.bin?key=hunter2`));
    const from: SourceLocator = { url, auth: { kind: 'bearer', token: 'hunter2' } };
    const { message } = await failureOf(bench.source.probe(from, 1000, call()), 'SourceForbidden');
    expect(message).toContain(`was not sent what was given for ${new URL(url).host}`);
    expect(message).toContain(`${other.base}/file.bin`);
    expect(message).not.toContain('hunter2');
  });

  it('carry no credentials to another origin, and not back again', async () => {
    const other = bench.alsoUse(await startOrigin());
    bench.origin.serve('/back.bin', { size: SIZE });
    other.serve('/there', redirect(`${bench.origin.base}/back.bin`));
    bench.origin.serve('/same', redirect(`${other.base}/there`));
    await bench.snapshotOf({
      url: bench.origin.serve('/a', redirect('/same')),
      auth: { kind: 'bearer', token: 'hunter2' },
      headers: { cookie: 'hunter2', 'x-key': 'hunter2', accept: 'text/csv' },
    });
    const [first, same, back] = bench.origin.requests;
    for (const request of [first, same]) {
      expect(request?.headers).toMatchObject({
        authorization: 'Bearer hunter2',
        cookie: 'hunter2',
        'x-key': 'hunter2',
      });
    }
    for (const request of [other.requests[0], back]) {
      expect(JSON.stringify(request?.headers)).not.toContain('hunter2');
      expect(request?.headers).toMatchObject({ accept: 'text/csv', range: 'bytes=0-999' });
    }
  });

  it('end at the sixth', async () => {
    for (let hop = 1; hop <= 6; hop += 1) bench.origin.serve(`/${hop}`, redirect(`/${hop + 1}`));
    bench.origin.serve('/7', { size: SIZE });
    expect(await bench.snapshotOf({ url: `${bench.origin.base}/2` })).toMatchObject({ sizeBytes: SIZE });
    const error = await failureOf(
      bench.source.probe({ url: `${bench.origin.base}/1` }, 1000, call()),
      'TooManyRedirects',
    );
    expect(error.message).toContain('--max-redirects');
    expect(await bench.snapshotOf({ url: `${bench.origin.base}/1`, maxRedirects: 6 })).toMatchObject({
      sizeBytes: SIZE,
    });
  });

  it('that go in circles are told apart', async () => {
    bench.origin.serve('/b', redirect('/a'));
    await failureOf(
      bench.source.probe({ url: bench.origin.serve('/a', redirect('/b')) }, 1000, call()),
      'RedirectLoop',
    );
    expect(bench.origin.requests).toHaveLength(2);
  });

  it('to nowhere are malformed', async () => {
    const url = bench.origin.serve('/a', (_request, response) => {
      response.writeHead(302).end();
    });
    await failureOf(bench.source.probe({ url }, 1000, call()), 'SourceMalformed');
  });
});
