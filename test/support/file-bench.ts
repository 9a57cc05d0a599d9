import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Destination, ObjectSpec, Proof, UploadRef, WriteCondition } from '../../lib/destinations/destination.ts';
import type { FileDestinationOptions } from '../../lib/destinations/file/destination.ts';
import { fileDestination } from '../../lib/destinations/file/destination.ts';
import { combineParts, crc32 } from '../../lib/integrity/crc32.ts';
import type { Part } from '../../lib/transfer/plan/ledger.ts';
import type { ByteReader, WholeBody } from '../../lib/values/bytes.ts';
import { call } from './reading.ts';

// A folder and file destinations for each test of a file, closed behind it.

export const PIECE = 10_000;
let root: string;
export let folder: string;
export let path: string;
let opened: Destination[];
export let warnings: string[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'piecework-file-'));
});

beforeEach(async () => {
  folder = await mkdtemp(join(root, 'case-'));
  path = join(folder, 'target.bin');
  opened = [];
  warnings = [];
});

afterEach(async () => {
  for (const destination of opened) await destination[Symbol.asyncDispose]();
});

afterAll(async () => {
  await rm(root, { recursive: true });
});

/** Sets the target that `spec` names. */
export function writeTo(target: string): void {
  path = target;
}

export function files(options: FileDestinationOptions = {}): Destination {
  const destination = fileDestination({ warn: (sentence) => warnings.push(sentence), ...options });
  opened.push(destination);
  return destination;
}

export function spec(over: Partial<ObjectSpec> = {}): ObjectSpec {
  return { target: { kind: 'file', path }, token: 'TRANSFER.PLAN', validator: { kind: 'none' }, settings: {}, ...over };
}

export function whole(bytes: Uint8Array): WholeBody {
  return { kind: 'whole', bytes, crc32: crc32(bytes) };
}

export function partSpec(number: number, sizeBytes = PIECE) {
  return { number, sizeBytes, offset: (number - 1) * PIECE };
}

export async function send(
  destination: Destination,
  upload: UploadRef,
  number: number,
  bytes: Uint8Array,
): Promise<Part> {
  return await destination.uploadPart(upload, partSpec(number, bytes.length), whole(bytes), call());
}

/** An upload of as many pieces, of which the first `sent` are there. */
export async function begin(
  destination: Destination,
  { count = 3, sent = count, over = {} }: { count?: number; sent?: number; over?: Partial<ObjectSpec> } = {},
) {
  const bytes = randomBytes(count * PIECE);
  const piece = (number: number) => bytes.subarray((number - 1) * PIECE, number * PIECE);
  const object = spec({ sizeBytes: bytes.length, pieceSizeBytes: PIECE, ...over });
  const upload = await destination.createUpload(object, call());
  for (let number = 1; number <= sent; number += 1) await send(destination, upload, number, piece(number));
  return { bytes, piece, object, upload };
}

export async function listed(destination: Destination, upload: UploadRef): Promise<number[] | 'gone'> {
  const page = await destination.listParts(upload, 0, call());
  return page === 'gone' ? page : page.parts.map(({ number }) => number);
}

export function proofFor(bytes: Uint8Array, object: ObjectSpec, condition: WriteCondition = 'none'): Proof {
  const parts = Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, index) => {
    const piece = bytes.subarray(index * PIECE, (index + 1) * PIECE);
    return { number: index + 1, sizeBytes: piece.length, crc32: crc32(piece) };
  });
  return { parts, sizeBytes: bytes.length, crc32: combineParts(parts), condition, object };
}

/** As if the process were gone: what it had open is closed, and the lock free. */
export function readBack({ proof }: Destination, upload: UploadRef, sizeBytes: number): Promise<ByteReader> {
  if (proof.kind !== 'upload') throw new Error('a file can be read before it is visible');
  return proof.read(upload, sizeBytes, call());
}

export async function forget(destination: Destination): Promise<void> {
  await destination[Symbol.asyncDispose]();
}

export async function found(pattern: RegExp): Promise<string> {
  const [name] = (await readdir(folder)).filter((other) => pattern.test(other));
  if (name === undefined) throw new Error(`nothing like ${pattern} in ${folder}`);
  return join(folder, name);
}

export const partial = () => found(/\.part$/);

export const journal = () => found(/\.journal$/);
