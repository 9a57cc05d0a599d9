import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { httpSource } from '../../lib/sources/http/source.ts';
import { httpBench, SIZE } from '../support/http-bench.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { startOrigin } from '../support/origin.ts';
import { call, failureOf, readAll } from '../support/reading.ts';

const bench = httpBench();

describe('a connection', () => {
  it('that is refused', async () => {
    const gone = await startOrigin();
    await gone[Symbol.asyncDispose]();
    const error = await failureOf(bench.source.probe({ url: `${gone.base}/x` }, 1000, call()), 'SourceRefused');
    expect(error.message).toContain(`127.0.0.1:${gone.port} refused`);
    expect(error.reaction).toBe('retry');
  });

  it.each(['a\r\nx-injected: 1', 'a\u010d\u010ax-injected: 1'])('never carries the header %j', async (userAgent) => {
    const url = bench.origin.serve('/file.bin', { size: SIZE });
    await expect(bench.useSource({ userAgent }).probe({ url }, 1000, call())).rejects.toThrow();
    expect(bench.origin.requests).toEqual([]);
  });

  it('to a name that nobody knows', async () => {
    const unknowing = bench.useSource({
      lookup: (_hostname, _options, callback) =>
        callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), ''),
    });
    const error = await failureOf(unknowing.probe({ url: 'http://nowhere.test/x' }, 1000, call()), 'SourceNotResolved');
    expect(error.message).toContain('nowhere.test');
  });

  it('on which no answer comes in time', async () => {
    const url = bench.origin.serve('/silent', () => undefined);
    const impatient = bench.useSource({ headersTimeoutMs: 100 });
    await failureOf(impatient.probe({ url }, 1000, call()), 'SourceTimeout');
  });

  it('that is closed without an answer, new or used', async () => {
    const url = bench.origin.serve('/rude', (request) => {
      request.socket.destroy();
    });
    await failureOf(bench.source.probe({ url }, 1000, call()), 'SourceReset');
    await bench.snapshotOf({ url: bench.origin.serve('/file.bin', { size: SIZE }) });
    const error = await failureOf(bench.source.probe({ url }, 1000, call()), 'SourceReset');
    expect(error.reaction).toBe('retry');
    // The used one might have been closed before the question came: it is asked once more, on a new one.
    expect(bench.origin.requests.map(({ connection }) => connection)).toEqual([1, 2, 2, 3]);
  });

  it('that the server closed while it was idle is replaced', async () => {
    const from = { url: bench.origin.serve('/file.bin', { size: SIZE }) };
    await bench.snapshotOf(from);
    bench.origin.cutConnections();
    expect(await bench.snapshotOf(from)).toMatchObject({ sizeBytes: SIZE });
    expect(bench.origin.connections).toBe(2);
  });

  it('whose answer has too large a head', async () => {
    const url = bench.origin.serve('/huge', (_request, response) => {
      response.writeHead(200, { 'x-huge': 'x'.repeat(20_000) }).end();
    });
    await failureOf(bench.source.probe({ url }, 1000, call()), 'SourceMalformed');
  });

  it('whose answer is not HTTP', async () => {
    const url = bench.origin.serve('/odd', (request) => {
      request.socket.end('220 welcome to something else\r\n');
    });
    await failureOf(bench.source.probe({ url }, 1000, call()), 'SourceMalformed');
  });

  it('gives nothing more after the signal, though all of it is here', async () => {
    const stop = new AbortController();
    const from = { url: bench.origin.serve('/file.bin', { size: 1000 }) };
    await using probe = await bench.source.probe(from, 'all', call(stop.signal));
    await new Promise((resolve) => setTimeout(resolve, 30));
    stop.abort(new Error('enough'));
    await expect(readAll(probe.body)).rejects.toBe(stop.signal.reason);
  });

  it('is closed when the wait for an answer is aborted', async () => {
    const closed = Promise.withResolvers<void>();
    const stop = new AbortController();
    const reason = new Error('enough');
    const url = bench.origin.serve('/silent', (request) => {
      request.socket.once('close', () => closed.resolve());
      stop.abort(reason);
    });
    await expect(bench.source.probe({ url }, 1000, call(stop.signal))).rejects.toBe(reason);
    await closed.promise;
  });

  it('that is still being made ends with the source', async () => {
    const closed = Promise.withResolvers<void>();
    const silent = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('close', () => closed.resolve());
      socket.resume();
      void closing[Symbol.asyncDispose]();
    });
    const port = await listenOnLoopback(silent);
    bench.alsoUse({ [Symbol.asyncDispose]: () => new Promise<void>((resolve) => silent.close(() => resolve())) });
    // No handshake comes, and the time-out is beyond the test's.
    const closing = httpSource({ connectTimeoutMs: 600_000 });
    await failureOf(closing.probe({ url: `https://127.0.0.1:${port}/x` }, 1000, call()), 'Interrupted');
    await closed.promise;
  });

  it('is one of no more than allowed', async () => {
    const narrow = bench.useSource({ connections: 2 });
    const from = { url: bench.origin.serve('/file.bin', { size: SIZE }) };
    await Promise.all(Array.from({ length: 8 }, () => bench.snapshotOf(from, narrow)));
    expect(bench.origin.requests).toHaveLength(8);
    expect(bench.origin.connections).toBeLessThanOrEqual(2);
  });
});
