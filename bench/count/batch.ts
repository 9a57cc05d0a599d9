import { crc32 } from 'node:zlib';
import type { Destination } from '../../lib/destinations/destination.ts';
import { activeBatches, reconcileBatch } from '../../lib/pipeline/batch/deployed/advance/reconcile-batch.ts';
import { submitBatch } from '../../lib/pipeline/requests/batches/submit-batch.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { Source } from '../../lib/sources/source.ts';
import { countedRecords, countedSecrets, Requests } from './requests.ts';
import { never, startStages } from './stages.ts';
import { Timeline } from './timeline.ts';

export interface BatchCase {
  readonly entries: number;
  readonly hosts: number;
  /** A GET takes so long, give or take nothing. */
  readonly getMs: number;
}

export interface CountedBatch extends BatchCase {
  readonly requests: Requests;
  readonly finalizerRuns: number;
  readonly fetcherRuns: number;
  /** Of fetchers, in all. */
  readonly fetcherSeconds: number;
  readonly seconds: number;
}

const ENTRY_BYTES = 1024;
const PUT_MS = 40;
const TICK_MS = 60_000;
const HOST_CONNECTIONS = 16;

/** Runs one batch of small entries on the code of the functions, in simulated time, and counts what it asks of AWS. */
export async function countBatch({ entries, hosts, getMs }: BatchCase): Promise<CountedBatch> {
  const time = new Timeline();
  const requests = new Requests();
  const records = countedRecords(requests, time);
  const sealed = new Map<string, string>();
  const probe = async () => {
    requests.count('source GET');
    await time.sleep(getMs);
    let left = ENTRY_BYTES;
    return {
      snapshot: { sizeBytes: ENTRY_BYTES, ranges: true, validator: { kind: 'none' }, digests: {}, warnings: [] },
      finalUrl: '',
      bodyIsWhole: true,
      body: {
        async read(into: Uint8Array) {
          const got = Math.min(left, into.length);
          left -= got;
          return got;
        },
        async [Symbol.asyncDispose]() {},
      },
      async [Symbol.asyncDispose]() {},
    };
  };
  const destination = {
    kind: 's3',
    describe: ({ key }) => String(key),
    check: async () => requests.count('HEAD bucket'),
    async head() {
      requests.count('HEAD object');
      await time.sleep(30);
      return undefined;
    },
    async putObject({ target }, sizeBytes, body) {
      requests.count(String(target['key']).includes('piecework-report-') ? 'PUT report' : 'PUT object');
      await time.sleep(PUT_MS);
      return { sizeBytes, crc32: body.kind === 'whole' ? crc32(body.bytes) : 0 };
    },
    listUploads: async () => [],
    async createUpload({ target, token }) {
      requests.count('PUT report');
      return { target, id: 'upload', token };
    },
    async uploadPart(_upload, { number, sizeBytes }) {
      requests.count('PUT report');
      return { number, sizeBytes, modifiedAt: '2026-01-01T00:00:00.000Z' };
    },
    async completeUpload(_upload, { sizeBytes }) {
      requests.count('PUT report');
      return { sizeBytes };
    },
  } satisfies Partial<Destination>;
  const { api, finalizer, runs } = startStages({
    time,
    requests,
    work: 'shard',
    hostConnections: HOST_CONNECTIONS,
    portsOf: (shared) => ({
      ...shared,
      records,
      secrets: countedSecrets(requests, time, new Map()),
      sources: () => ({ probe }) as unknown as Source,
      destinations: () => destination as unknown as Destination,
      fleet: {
        queues: shared.queues,
        sealed: {
          async seal(name, value) {
            requests.count('PUT sealed');
            await time.sleep(30);
            sealed.set(name, JSON.stringify(value));
          },
          async unseal<T>(name: string) {
            requests.count('GET sealed');
            await time.sleep(30);
            const found = sealed.get(name);
            return found === undefined ? undefined : (JSON.parse(found) as T);
          },
          async discard(prefix) {
            for (const name of [...sealed.keys()])
              if (name.startsWith(prefix) && sealed.delete(name)) requests.count('DELETE');
          },
        },
      },
      windows: windowPool({ windowBytes: ENTRY_BYTES, count: 1, allocate: (bytes) => new Uint8Array(bytes) }),
    }),
  });

  const startedAt = time.now();
  let isOver = false;
  let endedAt = startedAt;
  const list = Array.from({ length: entries }, (_, index) => ({
    sources: [`https://host-${index % hosts}.example/${index}.bin`],
    name: `${index}.bin`,
  }));
  void submitBatch(api, {
    owner: 'arn:aws:iam::123456789012:role/somebody',
    list: { kind: 'inline', entries: list },
    destination: { kind: 's3', bucket: 'bucket', key: 'in/' },
    options: { ifExists: 'if-changed', maxAttempts: 5, object: {} },
  }).then(async ({ id }) => {
    while (!isOver) {
      await time.sleep(TICK_MS);
      for await (const active of activeBatches({ records })) await reconcileBatch(finalizer, active, never);
      const batch = (await records.get(KEYS.batch(id)))?.value;
      if (batch?.announced !== true) continue;
      endedAt = Date.parse(batch.endedAt ?? '');
      isOver = true;
    }
  });
  await time.run(() => isOver);
  const { finalizer: finalizerRuns, fetcher: fetcherRuns, fetcherMs } = runs;
  const fetcherSeconds = fetcherMs / 1000;
  const seconds = (endedAt - startedAt) / 1000;
  return { entries, hosts, getMs, requests, finalizerRuns, fetcherRuns, fetcherSeconds, seconds };
}
