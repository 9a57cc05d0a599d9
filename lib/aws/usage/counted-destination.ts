import type { Destination, ProofAbility, ServerSideCopy } from '../../destinations/destination.ts';
import type { Usage } from '../../transfer/cost/usage.ts';
import type { Meter } from './meter.ts';

const WRITE: Partial<Usage> = { s3Writes: 1 };
const READ: Partial<Usage> = { s3Reads: 1 };

/**
 * Counts the requests of a bucket as a destination: one for each call, since they go to S3 on connections of its own,
 * where no client is to count them. What it repeats by itself is not seen.
 */
export function countedDestination(own: Destination, { count }: Pick<Meter, 'count'>): Destination {
  const counting =
    <A extends readonly unknown[], T>(usage: Partial<Usage>, call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      count(usage);
      return await call(...args);
    };
  const { isEmptyBelow, putSmall, serverSideCopy } = own;
  return {
    ...own,
    check: counting(READ, (object, call) => own.check(object, call)),
    head: counting(READ, (target, call) => own.head(target, call)),
    createUpload: counting(WRITE, (object, call) => own.createUpload(object, call)),
    listParts: counting(WRITE, (upload, after, call) => own.listParts(upload, after, call)),
    completeUpload: counting(WRITE, (upload, proof, call) => own.completeUpload(upload, proof, call)),
    listUploads: counting(WRITE, (target, call) => own.listUploads(target, call)),
    async putObject(object, sizeBytes, body, condition, call) {
      count(WRITE);
      const stored = await own.putObject(object, sizeBytes, body, condition, call);
      count({ bytes: sizeBytes });
      return stored;
    },
    async uploadPart(upload, part, body, call) {
      count(WRITE);
      const stored = await own.uploadPart(upload, part, body, call);
      count({ bytes: part.sizeBytes });
      return stored;
    },
    proof: countedProof(own.proof, count),
    ...(isEmptyBelow === undefined
      ? {}
      : { isEmptyBelow: counting(WRITE, (prefix, call) => isEmptyBelow.call(own, prefix, call)) }),
    ...(putSmall === undefined
      ? {}
      : {
          putSmall: counting(WRITE, (object, body, condition, call) =>
            putSmall.call(own, object, body, condition, call),
          ),
        }),
    ...(serverSideCopy === undefined ? {} : { serverSideCopy: countedCopy(serverSideCopy, count) }),
  };
}

function countedCopy(own: ServerSideCopy, count: Meter['count']): ServerSideCopy {
  return {
    ...own,
    async refusal(from, snapshot, call) {
      count(READ);
      return await own.refusal(from, snapshot, call);
    },
    async copyPart(upload, part, from, snapshot, call) {
      count(WRITE);
      return await own.copyPart(upload, part, from, snapshot, call);
    },
  };
}

function countedProof(own: ProofAbility, count: Meter['count']): ProofAbility {
  if (own.kind !== 'staging') return own;
  return {
    ...own,
    async read(upload, sizeBytes, call) {
      count(READ);
      return await own.read(upload, sizeBytes, call);
    },
    async promote(staged, object, condition, uploads, call) {
      count(WRITE);
      return await own.promote(staged, object, condition, uploads, call);
    },
  };
}
