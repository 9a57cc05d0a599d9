import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Destination, ObjectSpec } from '../../lib/destinations/destination.ts';
import type { S3DestinationOptions } from '../../lib/destinations/s3/destination.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { Clock } from '../../lib/values/time.ts';
import { call, objectSpec, pieces } from '../contract/destination/bench.ts';
import type { DoubleOptions } from './s3-double/state.ts';
import type { S3Double } from './s3-double.ts';
import { startS3Double } from './s3-double.ts';

/* S3 destinations on doubles of a store, closed behind each test of a file. */

export const PIECE = 300_000;

export const cleanups: (() => Promise<unknown>)[] = [];

/** Waits cost nothing, and are written down. */
export const waited: number[] = [];

const clock: Clock = {
  now: () => Date.parse('2026-01-01T00:00:00Z'),
  sleep: async (ms, signal) => {
    signal.throwIfAborted();
    waited.push(ms);
  },
};

beforeEach(async () => {
  // No credentials, profile or region of the machine that this runs on, and no questions to its network.
  for (const name of [
    'AWS_PROFILE',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ]) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  waited.length = 0;
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export async function store(options: DoubleOptions = {}): Promise<S3Double> {
  const double = await startS3Double({ minPartBytes: 1000, ...options });
  cleanups.push(async () => double[Symbol.asyncDispose]());
  double.makeBucket('bucket');
  return double;
}

export function open(double: S3Double, options: S3DestinationOptions = {}): Destination {
  const destination = s3Destination({
    endpoint: double.endpoint,
    region: double.region,
    credentials: double.credentials,
    clock,
    ...options,
  });
  cleanups.push(async () => destination[Symbol.asyncDispose]());
  return destination;
}

export function at(double: S3Double, key = 'folder/key.bin'): DestinationLocator {
  return { kind: 's3', bucket: 'bucket', key, endpoint: double.endpoint };
}

export async function begin(double: S3Double, destination: Destination, over: Partial<ObjectSpec> = {}) {
  const bytes = randomBytes(2 * PIECE + 17);
  const all = pieces(bytes, PIECE);
  const object = objectSpec(at(double), { sizeBytes: bytes.length, pieceSizeBytes: PIECE, ...over });
  const upload = await destination.createUpload(object, call());
  return { bytes, all, object, upload };
}

export function requests(double: S3Double, operation: string) {
  return double.log.filter((entry) => entry.operation === operation);
}

export function base64(bytes: Uint8Array): string {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(bytes));
  return four.toString('base64');
}

export async function errorOf(promise: Promise<unknown>): Promise<PieceworkError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof PieceworkError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
