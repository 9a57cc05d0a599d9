import type { Destination, ObjectSpec, UploadRef } from '../../../../destinations/destination.ts';
import { combineCrc32, crc32 } from '../../../../integrity/crc32.ts';
import type { Part } from '../../../../transfer/plan/ledger.ts';
import type { Ports } from '../../../shared/ports.ts';

/** Parts of what is larger. */
const PART_BYTES = 8 * 1024 ** 2;

/**
 * Writes lines as they come to an object, which is there whole or not at all, and replaces what was there. What is no
 * more than one part is one put. Uploads of others to it are left alone until one is complete, which then takes the
 * rest away: what earlier tries left, and what slower ones of the same lines are at.
 * @throws PieceworkError `UploadLost` where another one was faster.
 */
export async function storeLines(
  ports: Pick<Ports, 'destinations'>,
  object: Pick<ObjectSpec, 'target' | 'token' | 'settings' | 'contentType'>,
  lines: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const destination = ports.destinations(object.target);
  const spec: ObjectSpec = { ...object, validator: { kind: 'none' } };
  const call = { signal };
  const buffer = new Uint8Array(PART_BYTES);
  const encoder = new TextEncoder();
  let filled = 0;
  let upload: OpenedUpload | undefined;

  async function takeIn(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (filled === PART_BYTES) {
        upload ??= await openUpload(destination, spec, signal);
        await upload.add(buffer);
        filled = 0;
      }
      const some = bytes.subarray(at, at + PART_BYTES - filled);
      buffer.set(some, filled);
      filled += some.length;
      at += some.length;
    }
  }

  try {
    for await (const line of lines) await takeIn(encoder.encode(line));
    const rest = buffer.subarray(0, filled);
    if (upload !== undefined) {
      await upload.add(rest);
      await upload.complete();
      await abortOthers(destination, spec, signal);
    } else {
      const body = { kind: 'whole', bytes: rest, crc32: crc32(rest) } as const;
      await destination.putObject({ ...spec, sizeBytes: filled }, filled, body, 'none', call);
    }
  } catch (error) {
    await upload?.abort().catch(() => {});
    throw error;
  }
}

/** As far as it can: the object is there. */
async function abortOthers(
  destination: Destination,
  { target, token }: ObjectSpec,
  signal: AbortSignal,
): Promise<void> {
  const call = { signal };
  try {
    for (const { id } of await destination.listUploads(target, call))
      await destination.abortUpload({ target, id, token }, call);
  } catch {
    signal.throwIfAborted();
  }
}

interface OpenedUpload {
  add(bytes: Uint8Array): Promise<void>;
  complete(): Promise<void>;
  abort(): Promise<void>;
}

async function openUpload(destination: Destination, spec: ObjectSpec, signal: AbortSignal): Promise<OpenedUpload> {
  const call = { signal };
  const object = { ...spec, pieceSizeBytes: PART_BYTES };
  const upload: UploadRef = await destination.createUpload(object, call);
  const parts: (Part & { readonly crc32: number })[] = [];
  let offset = 0;
  let whole = 0;
  return {
    async add(bytes) {
      const checksum = crc32(bytes);
      const part = { number: parts.length + 1, sizeBytes: bytes.length, offset };
      const stored = await destination.uploadPart(upload, part, { kind: 'whole', bytes, crc32: checksum }, call);
      parts.push({ ...stored, crc32: checksum });
      whole = combineCrc32(whole, checksum, bytes.length);
      offset += bytes.length;
    },
    async complete() {
      const proof = { parts, sizeBytes: offset, crc32: whole, condition: 'none', object } as const;
      await destination.completeUpload(upload, proof, call);
    },
    abort: async () => await destination.abortUpload(upload, call),
  };
}
