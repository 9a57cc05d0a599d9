import type { Destination } from '../../lib/destinations/destination.ts';
import type { Queue } from '../../lib/queues/queue.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import type { Records } from '../../lib/records/records.ts';
import type { Secrets } from '../../lib/secrets/secrets.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { Part } from '../../lib/transfer/plan/ledger.ts';
import type { Timeline } from './timeline.ts';

/** One for each request that the real adapter makes for the call, by AWS's price classes. */
export class Requests {
  readonly #counts = new Map<string, number>();
  readonly #inOrder: string[] = [];
  recordBytes = 0;

  count(name: string, by = 1): void {
    // Of what is small enough to be read. What is taken back was of who looks on.
    if (by < 0) this.#inOrder.splice(this.#inOrder.lastIndexOf(name), 1);
    else if (this.#inOrder.length < MOST_IN_ORDER) this.#inOrder.push(name);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  of(...names: readonly string[]): number {
    return names.reduce((sum, name) => sum + (this.#counts.get(name) ?? 0), 0);
  }

  clear(): void {
    this.#counts.clear();
  }

  /** The first of them, as they came. */
  get inOrder(): readonly string[] {
    return this.#inOrder;
  }

  get all(): readonly (readonly [string, number])[] {
    return [...this.#counts].sort();
  }
}

const MOST_IN_ORDER = 100;

/** What one request to S3 takes. */
const LATENCY_MS = 30;

export function countedRecords(requests: Requests, time: Timeline): Records {
  const stored = memoryRecords();
  return {
    async get(key) {
      requests.count(`GET ${key.path.split('/')[0]}`);
      await time.sleep(LATENCY_MS);
      return await stored.get(key);
    },
    async put(key, value, on) {
      requests.count(`PUT ${key.path.split('/')[0]}`);
      if (key.path.startsWith('transfers/'))
        requests.recordBytes = Math.max(requests.recordBytes, JSON.stringify(value).length);
      await time.sleep(LATENCY_MS);
      return await stored.put(key, value, on);
    },
    async list(prefix, cursor) {
      requests.count('LIST records');
      await time.sleep(LATENCY_MS);
      return await stored.list(prefix, cursor);
    },
    async delete(key) {
      requests.count('DELETE');
      await stored.delete(key);
    },
  };
}

/** What the real adapter keeps of an unsealed source, per environment. */
const KEPT_MS = 60_000;

/** Sealed sources as one environment sees them; `sealed` is what all of them share. */
export function countedSecrets(requests: Requests, time: Timeline, sealed: Map<string, SourceLocator>): Secrets {
  let keptUntil = 0;
  return {
    async seal(id, _run, locator) {
      requests.count('PUT sealed');
      sealed.set(id, locator);
    },
    async unseal(id) {
      if (time.now() >= keptUntil) {
        requests.count('GET sealed');
        keptUntil = time.now() + KEPT_MS;
      }
      return sealed.get(id);
    },
    async discard(id) {
      requests.count('DELETE');
      sealed.delete(id);
    },
    async *list() {
      requests.count('LIST');
      for (const transferId of sealed.keys()) yield { transferId, run: 1 };
    },
  };
}

/** S3 as the planner and the finalizer see it; pages of 1,000 parts, one request each. */
export function countedDestination(requests: Requests, time: Timeline, pieceMs: () => number): Destination {
  const uploads = new Map<string, Map<number, Part>>();
  const never = async (): Promise<never> => {
    throw new Error('not part of this count');
  };
  return {
    kind: 's3',
    describe: ({ kind }) => kind,
    limits: { maxPieces: 10_000, minPieceBytes: 1, maxPieceBytes: 1024, maxObjectBytes: 10_000 * 1024 },
    features: { ordered: false, conditionalWrite: true, token: true },
    proof: { kind: 'staging', locate: (target) => target, read: never, promote: never, delete: never },
    check: async () => requests.count('HEAD bucket'),
    async head() {
      requests.count('HEAD object');
      return undefined;
    },
    async putObject(_object, sizeBytes) {
      requests.count('PUT object');
      await time.sleep(LATENCY_MS);
      return { sizeBytes, etag: 'etag', crc32: 0 };
    },
    async createUpload({ target, token }) {
      requests.count('PUT CreateMultipartUpload');
      uploads.set(token, new Map());
      return { target, id: token, token };
    },
    async uploadPart({ id }, { number, sizeBytes }, body) {
      requests.count('PUT UploadPart');
      if (body.kind === 'windows') while ((await body.next()) !== undefined);
      await time.sleep(pieceMs());
      const part = { number, sizeBytes, crc32: 0, modifiedAt: new Date(time.now()).toISOString() };
      uploads.get(id)?.set(number, part);
      return part;
    },
    async listParts({ id }, after) {
      requests.count('LIST ListParts');
      await time.sleep(LATENCY_MS);
      const page = [...(uploads.get(id)?.values() ?? [])]
        .filter(({ number }) => number > after)
        .sort((a, b) => a.number - b.number);
      const last = page[999];
      return page.length > 1000 && last !== undefined
        ? { parts: page.slice(0, 1000), next: last.number }
        : { parts: page };
    },
    async completeUpload({ id }, { sizeBytes }) {
      requests.count('PUT CompleteMultipartUpload');
      uploads.delete(id);
      await time.sleep(1000);
      return { sizeBytes, etag: 'etag' };
    },
    abortUpload: async () => requests.count('DELETE'),
    listUploads: async () => [],
    async [Symbol.asyncDispose]() {},
  };
}

export interface CountedQueue<M> extends Queue<M> {
  /** Bodies whose time has come, oldest first. */
  readonly due: string[];
}

/** SQS: batches of ten to send. A consumer takes from `due`. */
export function countedQueue<M>(name: string, requests: Requests, time: Timeline, wake: () => void): CountedQueue<M> {
  const due: string[] = [];
  return {
    due,
    async send(messages) {
      requests.count(`${name} messages`, messages.length);
      requests.count(`${name} sends`, Math.ceil(messages.length / 10));
      for (const { body, delayMs = 0 } of messages) {
        time.at(delayMs, () => {
          due.push(JSON.stringify(body));
          wake();
        });
      }
    },
  };
}
