import { crc32 } from 'node:zlib';
import type { Destination } from '../../../lib/destinations/destination.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import type { Ports } from '../../../lib/pipeline/shared/ports.ts';
import { memoryRecords } from '../../../lib/records/memory.ts';
import type { Records } from '../../../lib/records/records.ts';
import { memorySecrets } from '../../../lib/secrets/memory.ts';
import type { Probe, Source } from '../../../lib/sources/source.ts';
import { memorySealed } from '../../support/memory-sealed.ts';
import type { Chance } from '../chance.ts';
import { Died } from './batch-world.ts';
import type { Manner } from './entry-source.ts';
import { answered, countAsked, refuse } from './entry-source.ts';

/** How the source of one entry behaves. */
export type FleetManner = Exclude<Manner, 'always fails'> | 'is large' | 'is large and fails';

const MANNERS: readonly FleetManner[] = [
  'well',
  'well',
  'well',
  'well',
  'fails twice',
  'is busy once',
  'is gone',
  'is large',
  'is large and fails',
];

/** Bytes of an entry that fit its worker. */
export const SMALL_BYTES = 64;
const LARGE_BYTES = 1000;
/** Connections that a host bears. */
export const CEILING = 4;

export interface FleetEntry {
  readonly url: string;
  readonly name: string;
  readonly manner: FleetManner;
}

/** A message on its way: it may be lost, come twice, late, and in any order. */
export interface Message {
  readonly stage: 'planner' | 'fetcher' | 'finalizer';
  readonly body: { readonly kind: string };
  readonly receives: number;
  readonly dueAt: number;
}

/** What outlives every worker. */
export interface FleetWorld {
  readonly chance: Chance;
  readonly records: Records;
  readonly sealed: ReturnType<typeof memorySealed>;
  readonly secrets: ReturnType<typeof memorySecrets>;
  readonly entries: readonly FleetEntry[];
  /** By key. */
  readonly objects: Map<string, { readonly text: string; readonly token: string }>;
  readonly asked: Map<string, number>;
  readonly ends: string[];
  readonly messages: Message[];
  /** Nothing more goes wrong. */
  isCalm: boolean;
  now: number;
  ids: number;
}

export function textOf({ name, manner }: FleetEntry): string {
  const isLarge = manner === 'is large' || manner === 'is large and fails';
  return isLarge ? name.padEnd(LARGE_BYTES, '.') : `the bytes of ${name}`;
}

export function fleetWorld(chance: Chance): FleetWorld {
  return {
    chance,
    records: memoryRecords(),
    sealed: memorySealed(),
    secrets: memorySecrets(),
    entries: Array.from({ length: chance.between(1, 40) }, (_, index) => ({
      url: `https://host-${chance.between(1, 3)}.example/${index + 1}.bin`,
      name: `${index + 1}.bin`,
      manner: chance.pick(MANNERS),
    })),
    objects: new Map(),
    asked: new Map(),
    ends: [],
    messages: [],
    isCalm: false,
    now: Date.parse('2026-01-01T00:00:00.000Z'),
    ids: 0,
  };
}

/** A worker stands still for longer than its lease, while others go on. */
async function stall(world: FleetWorld): Promise<void> {
  world.now += 100_000;
  for (let each = 0; each < 200; each += 1) await turn();
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The ports of one worker, which dies after so many calls. */
export function fleetPorts(world: FleetWorld, livesForCalls: number): Ports {
  let calls = 0;
  const step = async (): Promise<void> => {
    calls += 1;
    if (calls > livesForCalls) throw new Died('this worker was killed');
    if (world.chance.hit(0.2)) await turn();
    if (!world.isCalm && world.chance.hit(0.004)) await stall(world);
  };
  const dies = (): void => {
    calls += 1;
    if (calls > livesForCalls) throw new Died('this worker was killed');
  };

  const records: Records = {
    async get(key) {
      await step();
      return await world.records.get(key);
    },
    async put(key, value, on) {
      await step();
      const version = await world.records.put(key, value, on);
      // Killed when it was written, and before it knew; or its answer was lost.
      dies();
      if (!world.isCalm && world.chance.hit(0.01)) throw new PieceworkError('HomeUnavailable', 'the answer was lost');
      return version;
    },
    async list(prefix, cursor) {
      await step();
      return await world.records.list(prefix, cursor);
    },
    async delete(key) {
      await step();
      await world.records.delete(key);
    },
  };

  async function probe(url: string): Promise<Probe> {
    await step();
    const times = countAsked(world.asked, url);
    const entry = world.entries.find((one) => one.url === url);
    if (entry === undefined) throw new Error(`no entry has the source ${url}`);
    refuse(entry.manner, times);
    return answered({ url, text: textOf(entry), mostBytes: SMALL_BYTES, readBytes: SMALL_BYTES, step });
  }

  const destination = {
    kind: 's3',
    describe: ({ bucket, key }) => `s3://${bucket}/${key}`,
    async check() {
      await step();
    },
    async head({ key }) {
      await step();
      const there = world.objects.get(String(key));
      return there === undefined ? undefined : { sizeBytes: there.text.length, token: there.token };
    },
    async putObject({ target, token }, sizeBytes, body) {
      await step();
      if (body.kind !== 'whole') throw new Error('a small object is whole');
      world.objects.set(String(target['key']), { text: Buffer.from(body.bytes).toString(), token });
      dies();
      return { sizeBytes, crc32: crc32(body.bytes) };
    },
  } satisfies Partial<Destination>;

  const queue = (stage: Message['stage']) => queueOf(world, stage, step);
  const queues = { planner: queue('planner'), fetcher: queue('fetcher'), finalizer: queue('finalizer') };
  return {
    records,
    sources: () => ({ probe: async ({ url }) => await probe(url) }) as Pick<Source, 'probe'> as Source,
    destinations: () => destination as unknown as Destination,
    secrets: world.secrets,
    queues,
    fleet: {
      queues,
      shardLimits: { most: 5, rare: 3, openHosts: 2 },
      sealed: {
        async seal(name, value) {
          await step();
          await world.sealed.seal(name, value);
        },
        async unseal<T>(name: string) {
          await step();
          return await world.sealed.unseal<T>(name);
        },
        async discard(prefix) {
          await step();
          await world.sealed.discard(prefix);
        },
      },
    },
    events: {
      async emit(event) {
        await step();
        if (event.type.startsWith('batch.') && 'run' in event) world.ends.push(`${event.type} ${event.run}`);
      },
    },
    windows: { windowBytes: SMALL_BYTES, count: 1, borrow: unused, borrowAll: unused },
    clock: {
      now: () => world.now,
      async sleep(ms, signal) {
        dies();
        // Whatever else can go on goes on first.
        for (let each = 0; each < 10; each += 1) await turn();
        signal.throwIfAborted();
        world.now += ms;
      },
    },
    ids: {
      ulid() {
        world.ids += 1;
        return `01SIMULATED${String(world.ids).padStart(15, '0')}`;
      },
    },
    policy: POLICY,
  };
}

type Sent = { readonly body: { readonly kind: string }; readonly delayMs?: number };

function queueOf(world: FleetWorld, stage: Message['stage'], step: () => Promise<void>) {
  return {
    async send(messages: readonly Sent[]) {
      for (const { body, delayMs = 0 } of messages) {
        await step();
        for (let copies = copiesOf(world); copies > 0; copies -= 1) {
          const lateMs = !world.isCalm && world.chance.hit(0.1) ? world.chance.below(200_000) : 0;
          const dueAt = world.now + delayMs + lateMs;
          world.messages.push({ stage, body: structuredClone(body), receives: 0, dueAt });
        }
      }
    },
  };
}

/** Lost, as it was sent, or doubled. */
function copiesOf({ isCalm, chance }: FleetWorld): number {
  if (isCalm) return 1;
  if (chance.hit(0.05)) return 0;
  return chance.hit(0.05) ? 2 : 1;
}

const unused = () => Promise.reject(new Error('no body is read here'));

const MINUTE_MS = 60_000;

const POLICY: Ports['policy'] = {
  plan: { singleMaxBytes: 1, preferredPieceBytes: 1, granuleBytes: 1, streamPieceBytes: 1, pieceTimeMs: 1 },
  decide: { quietMs: 4 * MINUTE_MS, quietCapMs: 15 * MINUTE_MS, backoff: { baseMs: 100, capMs: 1000 } },
  recordCacheMs: 5_000,
  graceMs: MINUTE_MS,
  proofPatienceMs: MINUTE_MS,
  orphanAgeMs: MINUTE_MS,
  plannerLifeMs: 15 * MINUTE_MS,
  pieceLifeMs: 107_000,
  places: (parallelism) => parallelism,
  hostCeiling: CEILING,
  keepsSealed: true,
  isTicked: true,
};
