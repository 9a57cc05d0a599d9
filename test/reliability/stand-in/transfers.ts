import { createHash } from 'node:crypto';
import type { Handler, Origin } from '../../support/origin.ts';
import { sendResource } from '../../support/origin-resource.ts';
import { patternBytes } from '../../support/pattern.ts';

const MIB = 1024 ** 2;

/** What is moved, and how it has to end whatever happens meanwhile. */
const KINDS = {
  pieces: 'completed',
  /** Staged, read back and promoted by a planner. */
  digest: 'completed',
  stream: 'completed',
  single: 'completed',
  'wrong digest': 'DigestMismatch',
  'gone in the middle': 'SourceNotFound',
} as const;
export type Kind = keyof typeof KINDS;

export interface Drawn {
  readonly kind: Kind;
  readonly sizeBytes: number;
  /** Of its content. */
  readonly seed: number;
  readonly options: Readonly<Record<string, unknown>>;
  /** `completed`, or the code it fails with. */
  readonly end: (typeof KINDS)[Kind];
}

/** One large transfer, and up to two more of any kind. */
export function drawTransfers(random: () => number): readonly Drawn[] {
  const kinds: Kind[] = [pick(random, ['pieces', 'pieces', 'digest', 'stream'])];
  for (let more = Math.floor(random() * 3); more > 0; more -= 1) kinds.push(pick(random, Object.keys(KINDS) as Kind[]));
  return kinds.map((kind) => drawOne(kind, random));
}

function drawOne(kind: Kind, random: () => number): Drawn {
  const sizeBytes = Math.floor(kind === 'single' ? random() * 5 * MIB : (17 + 30 * random()) * MIB);
  const seed = 1 + Math.floor(random() * 1e6);
  const digests =
    kind === 'digest'
      ? { sha256: sha256(sizeBytes, seed) }
      : kind === 'wrong digest'
        ? { sha256: sha256(sizeBytes, seed + 1) }
        : {};
  const options = {
    parallelism: 2 + Math.floor(random() * 5),
    pieceSizeBytes: 5 * MIB,
    // There is no retry here, so nothing may be kept for one.
    holdMs: 0,
    expect: { digests },
  };
  return { kind, sizeBytes, seed, options, end: KINDS[kind] };
}

/** A source that can be made to answer 503. */
export interface Mood {
  isBusy: boolean;
}

/** Puts it at a path of the origin, slow enough for faults to meet it under way. */
export function serve(origin: Origin, path: string, drawn: Drawn, mood: Mood): void {
  const { kind, sizeBytes: size, seed } = drawn;
  const resource = { size, seed, bytesPerSecond: 1.5 * MIB, ...(kind === 'stream' ? { ignoreRange: true } : {}) };
  const handler: Handler = async (request, response, logged) => {
    const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (mood.isBusy) response.writeHead(503).end('not now');
    else if (kind === 'gone in the middle' && start > size / 2) response.writeHead(404).end();
    else await sendResource(resource, request, response, logged);
  };
  origin.serve(path, handler);
}

function sha256(sizeBytes: number, seed: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < sizeBytes; at += MIB) hash.update(patternBytes(at, Math.min(MIB, sizeBytes - at), seed));
  return hash.digest('hex');
}

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}
