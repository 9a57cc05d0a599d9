import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect } from 'vitest';
import type {
  Destination,
  ObjectSpec,
  Proof,
  UploadRef,
  WriteCondition,
} from '../../../lib/destinations/destination.ts';
import type { ErrorCode } from '../../../lib/errors/codes.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import type { DestinationLocator } from '../../../lib/transfer/locators.ts';
import type { Part } from '../../../lib/transfer/plan/ledger.ts';
import type { Body, ByteReader, WholeBody } from '../../../lib/values/bytes.ts';
import type { Call } from '../../../lib/values/call.ts';

/** What the suite needs to know of one destination. Made once per suite; every test uses names of its own. */
export interface Subject extends AsyncDisposable {
  readonly destination: Destination;
  /** A place for the given name: a few words, maybe with characters that need care. */
  locator(name: string): DestinationLocator;
  /** What a reader sees at a place, read behind the destination's back. `undefined` = nothing is visible. */
  read(target: DestinationLocator): Promise<Uint8Array | undefined>;
  /** What lies around for a place besides the visible object: open uploads, temporary files. Names for people. */
  leftovers(target: DestinationLocator): Promise<readonly string[]>;
  /** Of every piece but the last: small, but within `limits`. */
  readonly pieceBytes: number;
  /**
   * A second destination over the same store, as another process would have it. The first one is not used after.
   * Absent = its kind is not resumable.
   */
  reopen?(): Promise<Destination>;
  /** Places that `check` must refuse, with which code: at least one. */
  readonly refused: readonly { readonly target: DestinationLocator; readonly code: ErrorCode }[];
  /** Checksums are compared with bytes that arrived, not taken on trust. @default true */
  readonly comparesChecksums?: boolean;
  /** The source's validator is kept with the object. @default true */
  readonly keepsValidator?: boolean;
}

export function call(signal: AbortSignal = new AbortController().signal): Call {
  return { signal };
}

/** Everything about the object that a test does not care about. */
export function objectSpec(target: DestinationLocator, over: Partial<ObjectSpec> = {}): ObjectSpec {
  return {
    target,
    token: `01TESTTRANSFER.${randomBytes(8).toString('hex')}`,
    validator: { kind: 'none' },
    settings: {},
    ...over,
  };
}

export function whole(bytes: Uint8Array): WholeBody {
  return { kind: 'whole', bytes, crc32: crc32(bytes) };
}

/**
 * Hands the bytes out in windows as a pool would: ONE buffer, spoiled and refilled at each call. Code that keeps a view
 * past the next call sends rubbish and is found out by the bytes that arrive.
 */
export function windows(bytes: Uint8Array, windowBytes: number): Body {
  const buffer = new Uint8Array(windowBytes);
  let at = 0;
  return {
    kind: 'windows',
    next: async () => {
      buffer.fill(0xee);
      // A turn of the event loop, so that a receiver that has not finished with the buffer sends what it holds now.
      await new Promise((resolve) => setImmediate(resolve));
      if (at >= bytes.length) return undefined;
      const view = buffer.subarray(0, Math.min(windowBytes, bytes.length - at));
      view.set(bytes.subarray(at, at + view.length));
      at += view.length;
      return view;
    },
  };
}

export function pieces(bytes: Uint8Array, pieceBytes: number): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) cut.push(bytes.subarray(at, at + pieceBytes));
  return cut;
}

export async function listAll(destination: Destination, upload: UploadRef): Promise<readonly Part[] | 'gone'> {
  const parts: Part[] = [];
  let after = 0;
  for (;;) {
    const page = await destination.listParts(upload, after, call());
    if (page === 'gone') return 'gone';
    parts.push(...page.parts);
    if (page.next === undefined) return parts;
    expect(page.next).toBeGreaterThan(after);
    after = page.next;
  }
}

export async function sendPart(
  destination: Destination,
  upload: UploadRef,
  all: readonly Uint8Array[],
  number: number,
  body?: Body,
): Promise<Part> {
  const bytes = all[number - 1];
  if (bytes === undefined) throw new Error(`the test has no piece ${number}`);
  const offset = all.slice(0, number - 1).reduce((sum, piece) => sum + piece.length, 0);
  return destination.uploadPart(upload, { number, sizeBytes: bytes.length, offset }, body ?? whole(bytes), call());
}

/** What the finalizer proves, from the ledger as it is. */
export async function proofOf(
  destination: Destination,
  upload: UploadRef,
  object: ObjectSpec,
  bytes: Uint8Array,
  condition: WriteCondition = 'none',
): Promise<Proof> {
  const listed = await listAll(destination, upload);
  if (listed === 'gone') throw new Error('the upload is gone');
  const parts = listed.map((part) => {
    if (part.crc32 === undefined) throw new Error(`part ${part.number} is listed without a checksum`);
    return { ...part, crc32: part.crc32 };
  });
  return { parts, sizeBytes: bytes.length, crc32: crc32(bytes), condition, object };
}

export async function codeOf(promise: Promise<unknown>): Promise<ErrorCode | 'no error'> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    if (error instanceof PieceworkError) return error.code;
    throw new Error('not a PieceworkError was thrown', { cause: error });
  }
}

export async function readAll(reader: ByteReader): Promise<Uint8Array> {
  await using open = reader;
  const chunks: Uint8Array[] = [];
  for (;;) {
    const into = new Uint8Array(100_000);
    const count = await open.read(into);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(into.subarray(0, count));
  }
}

export function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}

/** One subject for the whole of a suite, and what its tests do with it. */
export type DestinationBench = ReturnType<typeof destinationBench>;

export function destinationBench(setup: () => Promise<Subject>) {
  let subject: Subject;
  let serial = 0;

  beforeAll(async () => {
    subject = await setup();
  });
  afterAll(async () => {
    await subject?.[Symbol.asyncDispose]();
  });

  function place(label: string): DestinationLocator {
    serial += 1;
    return subject.locator(`${serial}-${label}`);
  }

  /** A place, and another one whose name goes on where the first one ends. */
  function neighbours(label: string, more: string): readonly [DestinationLocator, DestinationLocator] {
    serial += 1;
    return [subject.locator(`${serial}-${label}`), subject.locator(`${serial}-${label}${more}`)];
  }

  /** Random bytes for `full` whole pieces and one of `last` bytes, an upload for them, and the parts already sent. */
  async function begin(
    label: string,
    options: {
      full?: number;
      last?: number;
      send?: 'all' | 'none';
      over?: Partial<ObjectSpec>;
      at?: DestinationLocator;
    } = {},
  ) {
    const { full = 1, last = 1234, send = 'all', over = {} } = options;
    const bytes = randomBytes(full * subject.pieceBytes + last);
    const all = pieces(bytes, subject.pieceBytes);
    const { at: target = place(label) } = options;
    const object = objectSpec(target, { sizeBytes: bytes.length, pieceSizeBytes: subject.pieceBytes, ...over });
    const { destination } = subject;
    const upload = await destination.createUpload(object, call());
    if (send === 'all') for (const number of all.keys()) await sendPart(destination, upload, all, number + 1);
    return { bytes, all, target, object, upload, destination };
  }

  async function finish(upload: UploadRef, proof: Proof) {
    const stored = await subject.destination.completeUpload(upload, proof, call());
    await subject.destination.releaseUpload?.(upload, call());
    return stored;
  }

  /** As the finalizer does for a put: all that it knows is the token. */
  async function release(object: ObjectSpec): Promise<void> {
    await subject.destination.releaseUpload?.({ target: object.target, id: '', token: object.token }, call());
  }

  async function putAndRelease(target: DestinationLocator, bytes: Uint8Array): Promise<void> {
    const object = objectSpec(target, { sizeBytes: bytes.length });
    await subject.destination.putObject(object, bytes.length, whole(bytes), 'none', call());
    await release(object);
  }

  return {
    get subject() {
      return subject;
    },
    place,
    neighbours,
    begin,
    finish,
    release,
    putAndRelease,
  };
}
