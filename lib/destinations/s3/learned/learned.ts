import type { S3Locator } from '../../../s3/client.ts';
import type { Part } from '../../../transfer/plan/ledger.ts';

/** What a store may do without, and no object suffers. What a caller asks for is none of it. */
export type Extra =
  /** CRC32 of what is sent: MD5 proves what was received in its place. */
  | 'checksums'
  /** The whole object's size, and checksums that the store never said itself: compared on our side before. */
  | 'proofAtCompletion'
  /** The condition on the source of a copy, where it is looked at once more before the end anyway. */
  | 'copyCondition';

/**
 * What stores turned out not to do, by endpoint, and what is known here of uploads in place of their lists. For as long
 * as this process lives.
 */
export interface Learned {
  lacks(target: S3Locator, what: Extra | 'lists'): boolean;
  noteLack(target: S3Locator, what: Extra | 'lists'): void;
  /** Whether the store says the checksum of each part that it took, so that no other proof is needed. */
  saysChecksums(target: S3Locator): boolean;
  noteChecksums(target: S3Locator): void;
  /** An upload of this process is open from now on. */
  begin(uploadId: string): void;
  /** Keeps a part that is proved to be what was sent. */
  keep(uploadId: string, part: Part): void;
  end(uploadId: string): void;
  /** `ended` = completed or aborted here; `undefined` = neither begun nor added to here. */
  upload(uploadId: string): 'ended' | ReadonlyMap<number, Part> | undefined;
}

const MOST_ENDED = 1000;

export function learned(): Learned {
  const lacking = new Set<string>();
  const speaking = new Set<string>();
  const uploads = new Map<string, Map<number, Part>>();
  const ended = new Set<string>();
  const nameOf = ({ endpoint = '' }: S3Locator, what: string) => `${what} ${endpoint}`;
  return {
    lacks: (target, what) => lacking.has(nameOf(target, what)),
    noteLack: (target, what) => void lacking.add(nameOf(target, what)),
    saysChecksums: (target) => speaking.has(nameOf(target, 'checksums')),
    noteChecksums: (target) => void speaking.add(nameOf(target, 'checksums')),
    begin: (uploadId) => void uploads.set(uploadId, new Map()),
    keep(uploadId, part) {
      if (ended.has(uploadId)) return;
      // Of an upload that another process began, what this one adds.
      const parts = uploads.get(uploadId) ?? new Map<number, Part>();
      uploads.set(uploadId, parts.set(part.number, part));
    },
    end(uploadId) {
      uploads.delete(uploadId);
      ended.add(uploadId);
      const [oldest] = ended;
      if (ended.size > MOST_ENDED && oldest !== undefined) ended.delete(oldest);
    },
    upload: (uploadId) => (ended.has(uploadId) ? 'ended' : uploads.get(uploadId)),
  };
}
