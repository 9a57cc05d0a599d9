import { PieceworkError } from '../../errors/error.ts';
import type { ConnectionOptions, S3Locator } from '../../s3/client.ts';
import { connections } from '../../s3/client.ts';
import { systemClock } from '../../system/clock.ts';
import type { Clock } from '../../values/time.ts';
import type { Destination, UploadRef } from '../destination.ts';
import { check, checkObject } from './check.ts';
import { copyPart, copyRefusal, reaches } from './copies/copy-part.ts';
import { promote } from './copies/promote.ts';
import { readObject } from './copies/read.ts';
import { readStaged } from './copies/staged.ts';
import { describeS3, isS3, s3Locator, stagingOf } from './locator.ts';
import { deleteObject, headObject, isEmptyBelow, putObject } from './objects.ts';
import type { Upload } from './parts.ts';
import { listParts, uploadPart } from './parts.ts';
import { session } from './session.ts';
import type { Store } from './stores.ts';
import { COPY_PIECE_BYTES, storeOf } from './stores.ts';
import { abortUpload, completeUpload, createUpload, listUploads } from './uploads.ts';

export interface S3DestinationOptions extends ConnectionOptions {
  /** Which store's limits and features hold; the calls go where their locator says. @default AWS */
  readonly endpoint?: string;
  /**
   * Send bodies without hashing them for the signature: their CRC32 is compared anyway. Some bucket policies forbid it.
   * @default true
   */
  readonly unsignedPayload?: boolean;
  /** Replaces what is known of the endpoint's store. */
  readonly store?: Partial<Store>;
  readonly clock?: Clock;
  /** Gets a sentence that says what the store turned out not to do. */
  readonly warn?: (sentence: string) => void;
}

/** Objects in S3, or in a store that speaks like it. The open multipart upload is the ledger; nothing else is kept. */
export function s3Destination(options: S3DestinationOptions = {}): Destination {
  const pool = connections(options);
  const store: Store = { ...storeOf(options.endpoint), ...options.store };
  const s3 = session({
    store,
    unsignedPayload: options.unsignedPayload ?? true,
    connections: pool,
    clock: options.clock ?? systemClock,
    warn: options.warn ?? (() => {}),
  });

  return {
    kind: 's3',
    limits: store.limits,
    features: store.features,
    serverSideCopy: {
      preferredPieceBytes: COPY_PIECE_BYTES,
      pinsSource: store.pinsCopySource,
      reaches: (from, to) => isS3(to) && reaches(from, to),
      refusal: async (from, snapshot, call) => copyRefusal(s3, from, snapshot, call),
      copyPart: async (upload, part, from, snapshot, call) =>
        copyPart(s3, uploadOf(upload), part, from, snapshot, call),
    },
    proof: {
      kind: 'staging',
      locate: (target, transferId) => stagingOf(s3Locator(target), transferId),
      read: async (upload, sizeBytes, call) => readStaged(s3, s3Locator(upload.target), upload.token, sizeBytes, call),
      async promote(staged, object, condition, uploads, call) {
        const to = s3Locator(object.target);
        checkCondition(store, condition, to);
        return promote(s3, { from: s3Locator(staged.target), staged, to, object, condition }, uploads, call);
      },
      delete: async (staged, call) => deleteObject(s3, s3Locator(staged), call),
    },
    describe: (target) => describeS3(s3Locator(target)),
    check: async (object, call) => check(s3, object, s3Locator(object.target), call),
    head: async (target, call) => headObject(s3, s3Locator(target), call),
    isEmptyBelow: async (prefix, call) => isEmptyBelow(s3, s3Locator(prefix), call),
    read: async (target, sizeBytes, call) => readObject(s3, s3Locator(target), sizeBytes, call),
    async putObject(object, sizeBytes, body, condition, call) {
      const target = s3Locator(object.target);
      checkObject(s3, object, target);
      checkCondition(store, condition, target);
      return putObject(s3, { object, target, sizeBytes, condition }, body, call);
    },
    async createUpload(object, call) {
      const target = s3Locator(object.target);
      checkObject(s3, object, target);
      return { target, id: await createUpload(s3, object, target, call), token: object.token };
    },
    uploadPart: async (upload, part, body, call) => uploadPart(s3, uploadOf(upload), part, body, call),
    listParts: async (upload, after, call) => listParts(s3, uploadOf(upload), after, call),
    async completeUpload(upload, proof, call) {
      checkCondition(store, proof.condition, s3Locator(upload.target));
      return completeUpload(s3, uploadOf(upload), proof, call);
    },
    async abortUpload(upload, call) {
      // A single put leaves nothing to abort.
      if (upload.id !== '') await abortUpload(s3, uploadOf(upload), call);
    },
    mayLandUntil: s3.mayLandUntil,
    listUploads: async (target, call) => listUploads(s3, s3Locator(target), call),
    async [Symbol.asyncDispose]() {
      pool.close();
    },
  };
}

function uploadOf(upload: UploadRef): Upload {
  return { target: s3Locator(upload.target), id: upload.id };
}

function checkCondition(store: Store, condition: 'none' | 'absent', target: S3Locator): void {
  if (condition === 'none' || store.features.conditionalWrite) return;
  throw new PieceworkError(
    'DestinationUnsupported',
    `${describeS3(target)}: this store can't refuse to overwrite; choose another --if-exists`,
  );
}
