import { S3Client } from '@aws-sdk/client-s3';
import { openAwsHome } from '../../../lib/aws/home.ts';
import { pauseDeployment } from '../../../lib/aws/ops/pause/pause.ts';
import { tickTransfers } from '../../../lib/aws/tick/spans.ts';
import { KEYS } from '../../../lib/records/records.ts';
import { s3Records } from '../../../lib/records/s3/records.ts';
import type { AwsFunctions } from '../aws-functions.ts';
import type { Origin } from '../origin.ts';

const MIB = 1024 ** 2;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export interface Stage {
  readonly functions: AwsFunctions;
  readonly origin: Origin;
  readonly variables: Readonly<Record<string, string>>;
  /** Lets time go by. */
  skip(ms: number): void;
}

/** Lets the functions' own code write every kind of record and message. */
export async function playAll({ functions, origin, variables, skip }: Stage): Promise<void> {
  const run = () => functions.run(skip);
  const large = origin.serve('/large.bin?token=secret', {
    size: 20 * MIB,
    etag: '"v1"',
    lastModified: 'Tue, 14 Nov 2023 22:13:20 GMT',
  });
  const small = origin.serve('/small.bin', { size: 50_000, etag: '"v1"' });
  let refused = 0;
  const busy = origin.serve('/busy.bin', (_, response) => {
    refused += 1;
    response.writeHead(refused < 3 ? 429 : 404, { 'retry-after': '5' }).end();
  });
  let hooks = 0;
  const hook = origin.serve('/hook', (request, response) => {
    request.resume();
    hooks += 1;
    response.writeHead(hooks === 1 ? 500 : 204).end();
  });
  const notify = { url: hook, secret: SECRET };
  const post = async (path: string, body: object): Promise<string> => {
    skip(1_000);
    const { status, text } = await functions.call('POST', path, body);
    if (status >= 300) throw new Error(`${path} answered ${status}: ${text}`);
    return (JSON.parse(text.slice(text.indexOf('\n'))) as { id: string }).id;
  };
  const submit = (url: string, key: string, more: object = {}) =>
    post('/v1/transfers', { source: { url }, destination: { bucket: 'target', key }, ...more });

  await submit(large, 'pieces', {
    notify,
    taskToken: 'a-token-of-a-task',
    labels: { team: 'files' },
    options: { pieceSizeBytes: 5 * MIB, parallelism: 4 },
  });
  await run();
  await submit(busy, 'failed', { notify });
  await run();
  await submit(origin.serve('/stream.bin', { size: 20 * MIB, ignoreRange: true, chunked: true }), 'stream');
  await run();
  const waiting = await submit(small, 'cancelled');
  await functions.call('GET', `/v1/transfers/${waiting}`, undefined, { queryStringParameters: { waitSeconds: '1' } });
  await submit(small, 'beside');
  await tickTransfers(openAwsHome('finalizer', undefined, variables), new AbortController().signal, {
    alone: 1,
    span: 1,
  });
  await post(`/v1/transfers/${waiting}/cancel`, {});
  await run();
  const entries = [{ sources: [small] }, { sources: [large] }, { sources: [`${origin.base}/none.bin`] }];
  const batch = { entries, destination: { bucket: 'target', prefix: 'many/' }, notify };
  await post('/v1/batches', batch);
  await run();
  const cancelled = await post('/v1/batches', { ...batch, destination: { bucket: 'target', prefix: 'more/' } });
  await post(`/v1/batches/${cancelled}/cancel`, {});
  await run();
  await pause();
}

async function pause(): Promise<void> {
  const client = new S3Client({ forcePathStyle: true });
  const records = s3Records({ client, bucket: 'records' });
  const switches = {
    eventSources: async () => [],
    switchEventSource: async () => true,
    isScheduled: async () => true,
    switchSchedule: async () => {},
    note: async () => undefined,
    writeNote: async (note: Parameters<typeof records.put>[1]) =>
      void (await records.put(KEYS.pause, note as never, 'absent')),
    deleteNote: async () => {},
  };
  await pauseDeployment(switches, 'the source is being moved', {}, new AbortController().signal);
  client.destroy();
}
