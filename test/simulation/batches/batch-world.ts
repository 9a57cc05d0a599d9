import { crc32 } from 'node:zlib';
import type { Destination } from '../../../lib/destinations/destination.ts';
import type { BatchPorts } from '../../../lib/pipeline/batch/batch-ports.ts';
import type { Policy } from '../../../lib/pipeline/shared/ports.ts';
import { memoryRecords } from '../../../lib/records/memory.ts';
import type { Records } from '../../../lib/records/records.ts';
import type { Probe, Source } from '../../../lib/sources/source.ts';
import type { BatchEntry, Listed } from '../../../lib/transfer/batch/entry.ts';
import type { ShardOutcomes } from '../../../lib/transfer/batch/outcome.ts';
import { isThere } from '../../../lib/transfer/batch/outcome.ts';
import type { Clock } from '../../../lib/values/time.ts';
import type { Chance } from '../chance.ts';
import type { Manner } from './entry-source.ts';
import { answered, countAsked, refuse } from './entry-source.ts';

/** Requests to a host at a time, of one process. */
export const PLACES = 3;

const BUFFER_BYTES = 1024;
const DATE = '2026-01-01T00:00:00.000Z';

/** What outlives every process: the stores, the sources, and what was asked of them. */
export interface BatchWorld {
  readonly records: Records;
  readonly entries: readonly BatchEntry[];
  readonly manners: ReadonlyMap<string, Manner>;
  /** By name. */
  readonly objects: Map<string, string>;
  /** Requests at the source, by URL. */
  readonly asked: Map<string, number>;
  readonly shards: Map<number, readonly Listed[]>;
  /** Names whose outcome is written: they are there. */
  readonly settled: Set<string>;
  /** Requests that are open, by host. */
  readonly open: Map<string, number>;
  /** Processes that are at work. */
  workers: number;
  /** What should never be, seen while it happened. */
  readonly seen: Set<string>;
  now: number;
}

const MANNERS: readonly Manner[] = [
  'well',
  'well',
  'well',
  'well',
  'fails twice',
  'is busy once',
  'is gone',
  'always fails',
];

export const bytesOf = (name: string): string => `the bytes of ${name}`;

export function batchWorld(chance: Chance): BatchWorld {
  const entries = Array.from({ length: chance.between(1, 60) }, (_, index): BatchEntry => {
    const url = `https://host-${chance.between(1, 4)}.example/${index + 1}`;
    return { number: index + 1, sources: [{ url }], name: `${index + 1}.bin`, expect: { digests: {} } };
  });
  const manners = new Map(entries.map(({ sources: [source] }) => [source?.url ?? '', chance.pick(MANNERS)]));
  return {
    records: memoryRecords(),
    entries,
    manners,
    objects: new Map(),
    asked: new Map(),
    shards: new Map(),
    settled: new Set(),
    open: new Map(),
    workers: 0,
    seen: new Set(),
    now: 0,
  };
}

/** A process dies in the middle of what it does: nothing that it asked for afterwards has any effect. */
export class Died extends Error {
  override readonly name = 'Died';
}

/** The ports of one process, which dies after so many calls. */
export function portsOf(world: BatchWorld, livesForCalls: number): BatchPorts {
  // Of what is written later, this process need not know.
  const settledBefore = new Set(world.settled);
  let calls = 0;
  const step = (): void => {
    calls += 1;
    if (calls > livesForCalls) throw new Died('this process was killed');
  };

  const clock: Clock = {
    now: () => world.now,
    async sleep(ms, signal) {
      step();
      // Whatever else can go on goes on first.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      world.now += ms;
    },
  };

  const records: Records = {
    async get(key) {
      step();
      return await world.records.get(key);
    },
    async put(key, value, on) {
      step();
      const version = await world.records.put(key, value, on);
      if (key.path.startsWith('outcomes/'))
        for (const outcome of (value as ShardOutcomes).outcomes) if (isThere(outcome)) world.settled.add(outcome.name);
      // Killed when it was written, and before it knew.
      step();
      return version;
    },
    async list(prefix, cursor) {
      step();
      return await world.records.list(prefix, cursor);
    },
    async delete(key) {
      step();
      await world.records.delete(key);
    },
  };

  async function probe(url: string): Promise<Probe> {
    step();
    const times = countAsked(world.asked, url);
    const name = `${url.split('/').at(-1)}.bin`;
    if (settledBefore.has(name)) world.seen.add(`${name} was asked for though it is there`);
    const { host } = new URL(url);
    const open = (world.open.get(host) ?? 0) + 1;
    world.open.set(host, open);
    if (open > PLACES * world.workers) world.seen.add(`${host} had ${open} requests at a time`);
    await new Promise((resolve) => setImmediate(resolve));
    world.open.set(host, (world.open.get(host) ?? 1) - 1);
    refuse(world.manners.get(url), times);
    return answered({ url, text: bytesOf(name), mostBytes: BUFFER_BYTES, readBytes: 7, modifiedAt: DATE, step });
  }

  const destination: Pick<Destination, 'kind' | 'describe' | 'head' | 'putObject'> = {
    kind: 'file',
    describe: ({ path }) => String(path),
    async head({ path }) {
      step();
      const bytes = world.objects.get(String(path));
      return bytes === undefined ? undefined : { sizeBytes: bytes.length, modifiedAt: DATE };
    },
    async putObject({ target }, sizeBytes, body) {
      step();
      await new Promise((resolve) => setImmediate(resolve));
      if (body.kind !== 'whole') throw new Error('a small entry is whole');
      world.objects.set(String(target['path']), Buffer.from(body.bytes).toString());
      step();
      return { sizeBytes, crc32: crc32(body.bytes) };
    },
  };

  return {
    records,
    clock,
    ids: { ulid: () => '01SIMULATED0000000000000000' },
    // Of it a batch asks for the ceiling of a host alone, and there is none.
    policy: {} as Policy,
    sources: () => ({ probe: async ({ url }) => await probe(url) }) as Pick<Source, 'probe'> as Source,
    destination: destination as Destination,
    locate: (name) => ({ kind: 'file', path: name }),
    makeRoom: () => {},
    connect: async () => ({ [Symbol.dispose]() {} }),
    buffers: {
      mostBytes: BUFFER_BYTES,
      borrow: async (sizeBytes) => ({ bytes: new Uint8Array(sizeBytes), [Symbol.dispose]() {} }),
    },
    shards: {
      put: async (_batch, { number, entries }) => void world.shards.set(number, entries),
      get: async (_batch, number) => world.shards.get(number),
    },
    bringLarge: async () => {
      throw new Error('no entry is large');
    },
  };
}
