import type { Destination, ObjectSpec, UploadRef, WriteCondition } from '../../../lib/destinations/destination.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import { combineParts, crc32 } from '../../../lib/integrity/crc32.ts';
import type { Body, ByteReader } from '../../../lib/values/bytes.ts';
import { untilAborted } from '../../../lib/values/call.ts';
import { describeMemory, memoryLocator } from './locator.ts';
import type { MemoryStore, MemoryUpload } from './store.ts';

const PAGE = 2;

/** Objects in the memory of this process; the upload in the store is the ledger. */
export function memoryDestination(store: MemoryStore): Destination {
  function open({ id, token }: UploadRef): MemoryUpload {
    const upload = store.uploads.get(id);
    if (upload?.token === token) return upload;
    throw new PieceworkError('UploadLost', 'there is no such upload in memory');
  }

  function write({ target, token, validator }: ObjectSpec, bytes: Uint8Array, condition: WriteCondition): void {
    const key = keyOf(target);
    if (condition === 'absent' && store.objects.has(key))
      throw new PieceworkError('DestinationExists', `${describeMemory(memoryLocator(target))} is there already`);
    store.objects.set(key, { bytes, token, validator, modifiedAt: new Date().toISOString() });
  }

  return {
    kind: 'mem',
    limits: { maxPieces: 1000, minPieceBytes: 1, maxPieceBytes: 1024 ** 2, maxObjectBytes: 1024 ** 3 },
    features: { ordered: false, conditionalWrite: true, token: true },
    proof: {
      kind: 'upload',
      async read(upload, sizeBytes, { signal }) {
        signal.throwIfAborted();
        const { parts } = open(upload);
        const inOrder = [...parts.values()].sort((a, b) => a.part.number - b.part.number).map(({ bytes }) => bytes);
        return readerOf(Buffer.concat(inOrder).subarray(0, sizeBytes));
      },
    },
    describe: (target) => describeMemory(memoryLocator(target)),

    async check({ target }, { signal }) {
      signal.throwIfAborted();
      memoryLocator(target);
    },

    async head(target, { signal }) {
      signal.throwIfAborted();
      const there = store.objects.get(keyOf(target));
      if (there === undefined) return undefined;
      const { bytes, ...rest } = there;
      return { sizeBytes: bytes.length, ...rest };
    },

    async putObject(object, sizeBytes, body, condition, { signal }) {
      const bytes = await collect(body, sizeBytes, signal);
      write(object, bytes, condition);
      return { sizeBytes, crc32: crc32(bytes) };
    },

    async createUpload({ target, token, validator }, { signal }) {
      signal.throwIfAborted();
      return { target, token, id: store.begin({ key: keyOf(target), token, validator }) };
    },

    async uploadPart(upload, { number, sizeBytes }, body, { signal }) {
      const bytes = await collect(body, sizeBytes, signal);
      return store.keep(open(upload), number, bytes);
    },

    async listParts({ id, token }, after, { signal }) {
      signal.throwIfAborted();
      const upload = store.uploads.get(id);
      if (upload?.token !== token) return 'gone';
      const all = [...upload.parts.values()].map(({ part }) => part).filter(({ number }) => number > after);
      const parts = all.sort((a, b) => a.number - b.number).slice(0, PAGE);
      const last = parts.at(-1);
      return last === undefined || all.length <= PAGE ? { parts } : { parts, next: last.number };
    },

    async completeUpload(ref, proof, { signal }) {
      signal.throwIfAborted();
      const { parts } = open(ref);
      const chosen = proof.parts.map(({ number }) => parts.get(number)?.bytes ?? new Uint8Array());
      const bytes = Buffer.concat(chosen);
      if (combineParts(proof.parts) !== proof.crc32 || crc32(bytes) !== proof.crc32)
        throw new PieceworkError('ChecksumMismatch', 'the parts in memory are not those that were proved');
      write({ ...proof.object, target: ref.target }, bytes, proof.condition);
      store.uploads.delete(ref.id);
      return { sizeBytes: bytes.length };
    },

    async abortUpload({ id }, { signal }) {
      signal.throwIfAborted();
      store.uploads.delete(id);
    },

    async listUploads(target, { signal }) {
      signal.throwIfAborted();
      return [...store.uploads]
        .filter(([, { key }]) => key === keyOf(target))
        .map(([id, { token, initiatedAt }]) => ({ id, token, initiatedAt }));
    },

    async [Symbol.asyncDispose]() {},
  };
}

function keyOf(target: ObjectSpec['target']): string {
  return describeMemory(memoryLocator(target));
}

/** A copy, since windows are used again. */
async function collect(body: Body, sizeBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  signal.throwIfAborted();
  const chunks: Uint8Array[] = [];
  if (body.kind === 'whole') chunks.push(Uint8Array.from(body.bytes));
  else
    for (let view = await body.next(); view !== undefined; view = await untilAborted(body.next(), signal))
      chunks.push(Uint8Array.from(view));
  const bytes = Buffer.concat(chunks);
  if (bytes.length < sizeBytes) throw new PieceworkError('BodyShort', `${bytes.length} of ${sizeBytes} bytes came`);
  if (bytes.length > sizeBytes) throw new PieceworkError('BodyLong', `${bytes.length} bytes came, not ${sizeBytes}`);
  if (body.kind === 'whole' && crc32(bytes) !== body.crc32)
    throw new PieceworkError('ChecksumMismatch', 'the bytes are not those that were checksummed');
  return bytes;
}

function readerOf(bytes: Uint8Array): ByteReader {
  let at = 0;
  return {
    async read(into) {
      const chunk = bytes.subarray(at, at + into.length);
      into.set(chunk);
      at += chunk.length;
      return chunk.length;
    },
    async [Symbol.asyncDispose]() {},
  };
}
