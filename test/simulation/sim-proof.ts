import type { Destination, StagingProof } from '../../lib/destinations/destination.ts';
import { stagingOf } from '../../lib/destinations/s3/locator.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { S3Locator } from '../../lib/s3/client.ts';
import type { ByteReader } from '../../lib/values/bytes.ts';
import { identityOf } from '../support/places.ts';
import { STORE_FINISH, STORE_READ, STORE_WRITE } from './faults.ts';
import { deniable } from './sim-ask.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** How the scenario's store lets a digest be proved before the object is visible; each call is one request. */
export function simProof(process: SimProcess, world: World, destination: () => Destination): Destination['proof'] {
  const { store, scenario } = world;
  switch (scenario.destination.proof) {
    case 'none':
      return { kind: 'none' };
    case 'staging':
      return staging(process, world, destination);
    case 'upload':
      return {
        kind: 'upload',
        async read({ id }, sizeBytes, { signal }) {
          const bytes = await process.call(`read upload ${id}`, STORE_READ, () => store.bytesOf(id), signal);
          return readerOf(process, bytes, sizeBytes, signal);
        },
      };
  }
}

function staging(process: SimProcess, world: World, destination: () => Destination): StagingProof {
  const { store, rules, intruder } = world;
  const { commands } = rules;
  const ask = deniable(process, world);
  return {
    kind: 'staging',
    locate: (target, transferId) => stagingOf(target as S3Locator, transferId),

    async read({ target, token }, sizeBytes, { signal }) {
      const key = identityOf(target);
      const read = () => {
        intruder.strikes(key);
        return store.objects.get(key);
      };
      const there = await ask('read', `read ${key}`, STORE_READ, read, signal);
      if (there === undefined) throw new PieceworkError('DestinationMissing', 'NoSuchKey');
      if (there.token !== token) throw new PieceworkError('StagedObjectChanged', 'it carries another token');
      const { bytes, etag, versionId } = there;
      const staged = { target, sizeBytes, etag, ...(versionId === undefined ? {} : { versionId }) };
      const reader = readerOf(process, bytes, sizeBytes, signal);
      const next = async (into: Uint8Array) => {
        intruder.strikes(key);
        return await reader.read(into);
      };
      return { ...reader, read: next, staged };
    },

    // Some copies are made in parts: which ones, their size says.
    async promote(staged, object, condition, uploads, call) {
      const target = identityOf(object.target);
      const { sizeBytes } = staged;
      if (sizeBytes % 2 === 0) {
        const promote = () => {
          intruder.strikes(identityOf(staged.target));
          return store.promote(staged, object, condition);
        };
        return await process.call(`promote to ${target}`, STORE_FINISH, promote, call.signal);
      }
      await uploads.begins();
      const upload = await destination().createUpload(object, call);
      try {
        await uploads.began(upload.id);
        commands.mayFill(process, upload.id);
        const copy = () => {
          intruder.strikes(identityOf(staged.target));
          return store.copyPart(upload.id, staged);
        };
        const part = await process.call(`copy into ${upload.id}`, STORE_WRITE, copy, call.signal);
        const { crc32 } = part;
        return await destination().completeUpload(upload, { parts: [part], sizeBytes, crc32, condition, object }, call);
      } catch (error) {
        await destination()
          .abortUpload(upload, call)
          .catch(() => {});
        throw error;
      }
    },

    delete: (staged, { signal }) =>
      ask('delete', `delete ${identityOf(staged)}`, STORE_WRITE, () => store.delete(staged), signal),
  };
}

function readerOf(process: SimProcess, bytes: Uint8Array, sizeBytes: number, signal: AbortSignal): ByteReader {
  let at = 0;
  return {
    async read(into) {
      const chunk = await process.call('read back', STORE_READ, () => bytes.subarray(at, at + into.length), signal);
      if (chunk.length === 0 && at !== sizeBytes)
        throw new PieceworkError('DestinationServerError', 'read back short or long');
      at += chunk.length;
      into.set(chunk);
      return chunk.length;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
