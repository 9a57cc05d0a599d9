import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Stage } from '../../lib/aws/names.ts';
import { ENV } from '../../lib/aws/names.ts';
import { GOOD_VARIABLES } from '../../test/support/aws-variables.ts';

const CHILD = fileURLToPath(new URL('cold-start-child.js', import.meta.url));
const ID = '01JD0000000000000000000000';

export interface ColdStart {
  readonly initMs: number;
  readonly initCpuMs: number;
  /** From the call of the handler to its answer, with one read of a record that is not there. */
  readonly firstEventMs: number;
  /** Of both. */
  readonly cpuMs: number;
  readonly peakRssBytes: number;
}

export interface ColdStarts extends AsyncDisposable {
  /** @param index the entry of a function's bundle */
  start(stage: Stage, index: string): Promise<ColdStart>;
}

/** Each function begins, reads a record that is not there, and has nothing more to do. The store is in this process. */
export async function coldStarts(): Promise<ColdStarts> {
  const store = createServer((request, response) => {
    request.resume();
    response.writeHead(404, { 'content-type': 'application/xml' });
    response.end('<Error><Code>NoSuchKey</Code><Message>There is none.</Message></Error>');
  });
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
  const env = environment(`http://127.0.0.1:${(store.address() as AddressInfo).port}`);
  return {
    async start(stage, index) {
      const args = [CHILD, pathToFileURL(index).href, JSON.stringify(EVENTS[stage])];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as ColdStart;
    },
    async [Symbol.asyncDispose]() {
      store.closeAllConnections();
      store.close();
    },
  };
}

/** Of every function. Queues, records and whatever else is asked for are at the endpoint. */
export function environment(endpoint: string): Record<string, string> {
  const there = Object.entries(GOOD_VARIABLES).map(([name, value]) => [
    name,
    value.replace(/^https:\/\/sqs\.example\/1/, `${endpoint}/000000000000`),
  ]);
  return {
    ...Object.fromEntries(there),
    PATH: process.env['PATH'] ?? '',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL: endpoint,
    [ENV.destinations]: JSON.stringify([{ bucket: 'target', prefix: '' }]),
  };
}

const message = (body: object) => ({
  Records: [
    {
      messageId: '1',
      receiptHandle: '1',
      body: JSON.stringify(body),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1',
        SenderId: 'bench',
        ApproximateFirstReceiveTimestamp: '1',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:bench',
      awsRegion: 'us-east-1',
    },
  ],
});

const EVENTS: Readonly<Record<Stage, object>> = {
  api: {
    httpMethod: 'GET',
    path: `/v1/transfers/${ID}`,
    resource: '/{proxy+}',
    headers: { host: 'bench' },
    multiValueHeaders: { host: ['bench'] },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    requestContext: {
      path: `/v1/transfers/${ID}`,
      requestId: 'bench',
      identity: { userArn: 'arn:aws:iam::000000000000:user/bench' },
    },
    body: null,
    isBase64Encoded: false,
  },
  planner: message({ kind: 'plan', v: 1, transferId: ID }),
  fetcher: message({ kind: 'piece', v: 1, transferId: ID, planId: ID, pieceNumber: 1, attempt: 1 }),
  finalizer: message({ kind: 'tick', v: 1, transferId: ID }),
};
