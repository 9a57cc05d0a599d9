import type { Writable } from 'node:stream';
import { PieceworkError } from '../../errors/error.ts';
import { crc32 } from '../../integrity/crc32.ts';
import type { Part } from '../../transfer/plan/ledger.ts';
import type { Features } from '../../transfer/plan/limits.ts';
import type { Body } from '../../values/bytes.ts';
import type { Destination, ObjectSpec, UploadRef, WriteCondition } from '../destination.ts';
import type { OrderedWriter } from './writer.ts';
import { orderedWriter } from './writer.ts';

export interface StdoutDestinationOptions {
  readonly stream: Writable;
  /** The largest piece: each is complete in memory before its first byte goes out, since none can be taken back. */
  readonly windowBytes: number;
}

const FEATURES: Features = {
  ordered: true,
  conditionalWrite: false,
  token: false,
};

const UPLOAD_ID = 'stdout';
const PARTS_PER_PAGE = 1000;

/** A pipe: the bytes go out in order, once, each piece after the one before it. The stream is not ended. */
export function stdoutDestination({ stream, windowBytes }: StdoutDestinationOptions): Destination {
  /** The one upload, or put, that may write. */
  let current: { readonly token: string; readonly writer: OrderedWriter; readonly parts: Part[] } | undefined;
  let hasBegun = false;

  function end(): void {
    if (current === undefined) return;
    hasBegun ||= current.writer.hasBegun;
    current.writer[Symbol.dispose]();
    current = undefined;
  }

  /** Another one takes its place, as long as no byte is out. */
  function begin(object: ObjectSpec): OrderedWriter {
    checkObject(object);
    if (hasBegun || current?.writer.hasBegun) {
      throw new PieceworkError(
        'DestinationRefused',
        "bytes have gone out to stdout already, and can't be taken back: start the whole command again",
      );
    }
    end();
    // For good: what the stream still holds when the writing is given up may meet a closed pipe later, and an error
    // without a listener would end the process with a stack trace.
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
    current = { token: object.token, writer: orderedWriter(stream), parts: [] };
    return current.writer;
  }

  function open(upload: UploadRef) {
    if (current?.token !== upload.token) throw new PieceworkError('UploadLost', 'this upload to stdout was given up');
    return current;
  }

  return {
    kind: 'stdout',
    limits: {
      maxPieces: Number.MAX_SAFE_INTEGER,
      minPieceBytes: 1,
      maxPieceBytes: windowBytes,
      maxObjectBytes: Number.MAX_SAFE_INTEGER,
    },
    features: FEATURES,
    proof: { kind: 'none' },
    describe: () => 'stdout',

    async check(object, { signal }) {
      signal.throwIfAborted();
      checkObject(object);
    },

    async head(_target, { signal }) {
      signal.throwIfAborted();
      return undefined;
    },

    async putObject(object, sizeBytes, body, condition, { signal }) {
      signal.throwIfAborted();
      checkCondition(condition);
      const out = begin(object);
      const bytes = wholeBytes(body, sizeBytes);
      await out.write(1, bytes, signal);
      end();
      return { sizeBytes, crc32: crc32(bytes) };
    },

    async createUpload(object, { signal }) {
      signal.throwIfAborted();
      begin(object);
      return { target: object.target, id: UPLOAD_ID, token: object.token };
    },

    async uploadPart(upload, { number, sizeBytes }, body, { signal }) {
      signal.throwIfAborted();
      const { writer: out, parts } = open(upload);
      const bytes = wholeBytes(body, sizeBytes);
      await out.write(number, bytes, signal);
      // What went out first counts, whatever a late duplicate brings.
      parts[number - 1] ??= { number, sizeBytes, crc32: crc32(bytes), modifiedAt: new Date().toISOString() };
      return parts[number - 1] ?? { number, sizeBytes };
    },

    async listParts(upload, after, { signal }) {
      signal.throwIfAborted();
      if (current?.token !== upload.token) return 'gone';
      const page = current.parts.slice(after, after + PARTS_PER_PAGE);
      const last = after + page.length;
      return last < current.parts.length ? { parts: page, next: last } : { parts: page };
    },

    async completeUpload(upload, proof, { signal }) {
      signal.throwIfAborted();
      checkCondition(proof.condition);
      const { writer: out, parts } = open(upload);
      const isWhole =
        proof.parts.length === out.doneThrough && proof.parts.every((part, i) => part.crc32 === parts[i]?.crc32);
      if (!isWhole) throw new PieceworkError('ChecksumMismatch', 'what was proved is not what went out to stdout');
      await out.flush(signal);
      end();
      return { sizeBytes: proof.sizeBytes };
    },

    async abortUpload(upload) {
      if (current?.token === upload.token) end();
    },

    async listUploads() {
      return [];
    },

    async [Symbol.asyncDispose]() {
      end();
    },
  };
}

function ignore(): void {}

/** Only what is complete in memory goes out: a piece that fails has not written a byte, and can come again. */
function wholeBytes(body: Body, sizeBytes: number): Uint8Array {
  if (body.kind !== 'whole') throw unsupported('takes pieces that fit one window only; give a smaller --piece-size');
  const { length } = body.bytes;
  if (length < sizeBytes) throw new PieceworkError('BodyShort', `the body ended after ${length} of ${sizeBytes} bytes`);
  if (length > sizeBytes) throw new PieceworkError('BodyLong', `the body goes on after its ${sizeBytes} bytes`);
  if (crc32(body.bytes) !== body.crc32) {
    throw new PieceworkError('ChecksumMismatch', 'the bytes in memory are no longer those that were checksummed');
  }
  return body.bytes;
}

function checkCondition(condition: WriteCondition): void {
  if (condition === 'absent') throw unsupported('does not know whether something is there already');
}

function checkObject({ target, settings }: ObjectSpec): void {
  if (target.kind !== 'stdout') throw new PieceworkError('InvalidDestination', 'the destination is not stdout');
  for (const name of ['storageClass', 'encryption', 'acl', 'tags', 'metadata'] as const) {
    const value = settings[name];
    if (value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)) continue;
    throw unsupported(`has no ${name}; leave the option out`);
  }
}

function unsupported(what: string): PieceworkError {
  return new PieceworkError('DestinationUnsupported', `stdout ${what}`);
}
