import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openTelemetry } from '../../functions/tracing/otel.ts';
import { ENV } from '../../lib/aws/names.ts';
import { startAwsDoubles } from '../support/aws-doubles.ts';
import type { AwsFunctions } from '../support/aws-functions.ts';
import { openAwsFunctions } from '../support/aws-functions.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { rangesOf } from '../support/many-bench.ts';
import { patternBytes } from '../support/pattern.ts';
import { stubVariables } from '../support/stub-variables.ts';

// One transfer through the functions' own handlers, and the spans that a collector gets.

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly events?: readonly { readonly name: string }[];
  readonly status?: { readonly code?: number };
}

const MIB = 1024 ** 2;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

const aws = forAllTests(startAwsDoubles);
let functions: AwsFunctions;
let collector: Server;
let variables: Readonly<Record<string, string>>;
let collected: string[] = [];

beforeAll(async () => {
  collector = createServer((request, response) => {
    void text(request).then((body) => {
      collected.push(body);
      response.end('{}');
    });
  });
  const port = await listenOnLoopback(collector);
  variables = {
    ...aws().variables(),
    [ENV.tracing]: JSON.stringify({ endpoint: `http://127.0.0.1:${port}`, ratio: 1 }),
  };
});

afterAll(() => {
  collector.close();
  collector.closeAllConnections();
});

beforeEach(async () => {
  collected = [];
  stubVariables(variables);
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockImplementation(() => true);
  functions = await openAwsFunctions(aws().services);
});

async function submit(url: string, traceparent: string): Promise<void> {
  const request = {
    source: { url },
    destination: { bucket: 'target', key: 'big' },
    options: { pieceSizeBytes: 5 * MIB, parallelism: 2, ifExists: 'replace' },
  };
  const headers = { host: 'api.invalid', 'content-type': 'application/json', Traceparent: traceparent };
  const answer = await functions.call('POST', '/v1/transfers', request, { headers });
  expect(answer.status, answer.text).toBe(202);
  await functions.run(() => {});
}

function attributeOf({ attributes }: Span, name: string): number {
  return Number(attributes.find(({ key }) => key === name)?.value['intValue'] ?? 0);
}

function spans(): readonly Span[] {
  return collected
    .map((body) => JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] })
    .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans)));
}

test('the spans of a transfer are of its caller’s trace, over all functions, and hold no secret', async () => {
  const url = aws().origin.serve('/big.bin', { bytes: patternBytes(0, 21 * MIB), etag: '"v1"' });
  await submit(`${url}?token=CANARY`, `00-${TRACE}-${CALLER}-01`);
  const all = spans();
  const named = (name: string) => all.filter((span) => span.name === name);
  const [request] = named('POST /v1/transfers');
  expect(request).toMatchObject({ traceId: TRACE, parentSpanId: CALLER });
  expect(new Set(all.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  for (const name of ['process plan', 'process piece', 'process results', 'destination upload part'])
    expect(named(name), all.map((span) => span.name).join()).not.toEqual([]);
  // Of five pieces two at a time, each pair in one message.
  const counts = named('process piece').map((span) => attributeOf(span, 'piecework.piece.count'));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
  // Side by side under the request: one as deep as a transfer has pieces could not be read.
  for (const span of all.filter(({ name }) => name.startsWith('process')))
    expect(span.parentSpanId).toBe(request?.spanId);
  const pieces = new Set(named('process piece').map(({ spanId }) => spanId));
  for (const span of named('destination upload part')) expect(pieces).toContain(span.parentSpanId);
  expect(all.flatMap(({ events = [] }) => events.map(({ name }) => name))).toContain('completed');
  expect(collected.join()).not.toContain('CANARY');
});

test('a piece that failed is a span that failed', async () => {
  const ranges = rangesOf(patternBytes(0, 21 * MIB));
  const url = aws().origin.serve('/bad.bin', async (request, response) => {
    if (request.headers.range?.startsWith(`bytes=${10 * MIB}-`) === true) response.writeHead(410).end();
    else await ranges(request, response);
  });
  await submit(url, `00-${TRACE}-${CALLER}-01`);
  const failed = spans().filter(({ name, status }) => name === 'process piece' && status?.code === 2);
  expect(failed.flatMap(({ events = [] }) => events.map(({ name }) => name))).toContain('piece.failed');
});

test('what is asked beside all requests and messages, as by a tick, is in no trace', async () => {
  const { endpoint } = JSON.parse(variables[ENV.tracing] ?? '') as { readonly endpoint: string };
  const tracing = openTelemetry({ endpoint, ratio: 1, resource: {}, warn: (sentence) => expect.fail(sentence) });
  const ask = () => tracing.during({ name: 'asked', kind: 'client', attributes: {} }, async () => 'answer');
  expect(await ask()).toBe('answer');
  await tracing.during({ name: 'process results', kind: 'consumer', attributes: {} }, ask);
  await tracing.flush();
  expect(spans().map(({ name }) => name)).toEqual(['asked', 'process results']);
});

test('a dry run is in its caller’s trace too: what the planner asks of the source lies under the request', async () => {
  const url = aws().origin.serve('/looked-at.bin', { size: 40 * MIB, etag: '"v1"' });
  const look = async (source: string) => {
    const request = { source: { url: `${source}?token=CANARY` }, destination: { bucket: 'target', key: 'looked-at' } };
    const query = { queryStringParameters: { dryRun: 'true' }, multiValueQueryStringParameters: { dryRun: ['true'] } };
    const headers = {
      host: 'api.invalid',
      'content-type': 'application/json',
      traceparent: `00-${TRACE}-${CALLER}-01`,
    };
    return (await functions.call('POST', '/v1/transfers', request, { headers, ...query })).status;
  };
  expect(await look(url)).toBe(200);
  const all = spans();
  const named = (name: string) => all.find((span) => span.name === name);
  expect(named('look at source')).toMatchObject({ traceId: TRACE, parentSpanId: named('POST /v1/transfers')?.spanId });
  expect(named('source probe')).toMatchObject({ traceId: TRACE, parentSpanId: named('look at source')?.spanId });
  expect(await look(`${aws().origin.base}/missing`)).toBe(422);
  const refused = spans().findLast(({ name }) => name === 'look at source');
  expect(refused?.attributes).toContainEqual({ key: 'error.type', value: { stringValue: 'SourceNotFound' } });
  expect(refused?.status?.code).not.toBe(2);
  expect(collected.join()).not.toContain('CANARY');
});

test('what the caller does not sample is not sent', async () => {
  const url = aws().origin.serve('/quiet.bin', { bytes: patternBytes(0, 6 * MIB), etag: '"v1"' });
  await submit(url, `00-${TRACE}-${CALLER}-00`);
  expect(spans()).toEqual([]);
});
