import type { Digests } from '../transfer/digests.ts';
import type { CopySource, DestinationLocator } from '../transfer/locators.ts';
import type { Part } from '../transfer/plan/ledger.ts';
import type { Features, Limits } from '../transfer/plan/limits.ts';
import type { IfExists, ObjectSettings } from '../transfer/request.ts';
import type { Snapshot } from '../transfer/snapshot.ts';
import type { Body, ByteReader, WholeBody } from '../values/bytes.ts';
import type { Call } from '../values/call.ts';
import type { Instant } from '../values/time.ts';
import type { Validator } from '../values/web/validator.ts';

/** The object as it is to be: everything but its bytes. */
export interface ObjectSpec {
  readonly target: DestinationLocator;
  /** Stored with the object, so that an unsure completion can be settled by asking for it. */
  readonly token: string;
  /** Absent for a stream of unknown length. */
  readonly sizeBytes?: number;
  /** Every part but the last has this size; absent for a single put. */
  readonly pieceSizeBytes?: number;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
  /** ISO 8601. */
  readonly modifiedAt?: string;
  /** The source's, kept with the object where it can be: what `if-changed` compares. */
  readonly validator: Validator;
  /** Proved, or proved before it is visible; kept with the object where it can be. */
  readonly digests?: Digests;
  readonly settings: ObjectSettings;
}

/** `absent`: only where nothing is, held against racing writers (S3: `If-None-Match: *`; a file: `link`). */
export type WriteCondition = 'none' | 'absent';

export function writeCondition(ifExists: IfExists): WriteCondition {
  return ifExists === 'fail' ? 'absent' : 'none';
}

/** Enough to find an upload again from another process. */
export interface UploadRef {
  readonly target: DestinationLocator;
  /** Empty for a single put, which is known by its token alone: only `abortUpload` and `releaseUpload` take that. */
  readonly id: string;
  readonly token: string;
}

export interface PartSpec {
  readonly number: number;
  readonly sizeBytes: number;
  /** Of the part's first byte in the object. */
  readonly offset: number;
}

/** A page of the ledger, ascending; `next` = more after this number. */
export interface PartPage {
  readonly parts: readonly Part[];
  readonly next?: number;
}

/** What was proved before completion. */
export interface Proof {
  readonly parts: readonly (Part & { readonly crc32: number })[];
  readonly sizeBytes: number;
  /** Of the whole object, combined from the parts'. */
  readonly crc32: number;
  readonly condition: WriteCondition;
  /** The object's, for destinations that set them at completion. */
  readonly object: ObjectSpec;
}

export interface Stored {
  readonly sizeBytes: number;
  /** By what the store compared what it received, where it takes no checksum. */
  readonly checkedBy?: 'md5';
  readonly etag?: string;
  readonly versionId?: string;
}

export interface StoredObject extends Stored {
  /** The token it was written with, where the destination keeps it. */
  readonly token?: string;
  /** The source's validator at the time, where the destination keeps it. */
  readonly validator?: Validator;
  /** Those that were kept with it. */
  readonly digests?: Digests;
  /** ISO 8601: a file's modification time, which is the source's when we wrote it. */
  readonly modifiedAt?: string;
}

export interface OpenUpload {
  readonly id: string;
  /** ISO 8601. */
  readonly initiatedAt?: string;
  /** Where the destination tells it. */
  readonly token?: string;
}

/** The store copies ranges of its own objects into parts, so that no byte passes through us. */
export interface ServerSideCopy {
  /**
   * Piece size where nothing speaks against it: nothing waits in memory, so it can be larger than one that is fetched.
   */
  readonly preferredPieceBytes: number;
  /**
   * The store itself holds each copy to the source's version. Else the source is asked for once more (`refusal`) when
   * all parts are in the ledger: after a copy it would be too late to refuse its part.
   */
  readonly pinsSource: boolean;
  /** Whether this is a copy within one store. Sends no request. */
  reaches(from: CopySource, to: DestinationLocator): boolean;
  /** Asks why our own credentials can't read this version there, writing nothing; `undefined` = they can. */
  refusal(from: CopySource, snapshot: Snapshot, call: Call): Promise<string | undefined>;
  /**
   * `uploadPart` with the bytes `[offset, offset + sizeBytes)` of the source's version that the snapshot names; the
   * checksum is the store's own.
   * @throws `SourceChanged`, `SourceNotFound`, `ServerSideCopyRefused` (only fetching is left), else as `uploadPart`.
   */
  copyPart(upload: UploadRef, part: PartSpec, from: CopySource, snapshot: Snapshot, call: Call): Promise<Part>;
}

/** Called for the upload of a copy in parts: no crash is to leave one that no record names. Throwing ends the copy. */
export interface CopyUploads {
  /** An upload to the real key is about to be begun. */
  begins(): Promise<void>;
  /** It was begun, and nothing is in it as yet. */
  began(uploadId: string): Promise<void>;
}

/** A digest is proved on the open upload: its bytes can be read before it is completed. */
export interface UploadProof {
  readonly kind: 'upload';
  /** The bytes of the open upload, in order, exactly `sizeBytes` of them. */
  read(upload: UploadRef, sizeBytes: number, call: Call): Promise<ByteReader>;
}

/** A staged object as it was read: this is promoted, and nothing that was written over it since. */
export interface StagedObject {
  readonly target: DestinationLocator;
  readonly sizeBytes: number;
  /** Another one for other bytes. */
  readonly etag: string;
  /** Where the place keeps versions: it can still be copied when another one has taken its name. */
  readonly versionId?: string;
}

export interface StagedReader extends ByteReader {
  readonly staged: StagedObject;
}

/** A digest is proved on an object under a staging name, which the store then copies onto its real one. */
export interface StagingProof {
  readonly kind: 'staging';
  /** Where the object of this transfer waits for its proof. Always the same place for the same transfer. */
  locate(target: DestinationLocator, transferId: string): DestinationLocator;
  /**
   * The bytes of the object that the upload became, in order, exactly `sizeBytes` of them.
   * @throws `StagedObjectChanged` when what stands there does not carry the upload's token.
   */
  read(upload: UploadRef, sizeBytes: number, call: Call): Promise<StagedReader>;
  /**
   * Copies what was read onto its real name inside the store, under the write condition.
   * @throws as `completeUpload`; `StagedObjectChanged` when something else stands there by now, and nothing was copied.
   */
  promote(
    staged: StagedObject,
    object: ObjectSpec,
    condition: WriteCondition,
    uploads: CopyUploads,
    call: Call,
  ): Promise<Stored>;
  /** No error when nothing is there. */
  delete(staged: DestinationLocator, call: Call): Promise<void>;
}

/** How a digest of all bytes is proved before the object is visible. `none` = on the way, on one connection. */
export type ProofAbility = UploadProof | StagingProof | { readonly kind: 'none' };

/**
 * A place for objects that appear whole or not at all. Every function throws `PieceworkError` with a `Destination…`
 * code or one of those named. What not every place can do is an optional part, there or not. A setting that a place
 * does not know is `DestinationUnsupported`, before anything is written.
 */
export interface Destination extends AsyncDisposable {
  /** Of the locators that it takes; one of another kind is `InvalidDestination`. */
  readonly kind: string;
  readonly limits: Limits;
  readonly features: Features;
  /** Absent = every byte comes through us. */
  readonly serverSideCopy?: ServerSideCopy;
  readonly proof: ProofAbility;
  /** For people, without secrets. */
  describe(target: DestinationLocator): string;
  /**
   * Finds before the first byte what would fail later: a missing bucket or folder, too little space, a setting that
   * this destination does not know.
   */
  check(object: ObjectSpec, call: Call): Promise<void>;
  /** `undefined` = nothing there. */
  head(target: DestinationLocator, call: Call): Promise<StoredObject | undefined>;
  /**
   * Whether nothing at all is below a prefix, by one question in place of a `head` for each name. False also where that
   * can't be seen. Absent = a `head` costs next to nothing.
   */
  isEmptyBelow?(prefix: DestinationLocator, call: Call): Promise<boolean>;
  /**
   * The bytes of what is there, in order, exactly `sizeBytes` of them. Absent = it can't be read.
   * @throws `DestinationMissing`; `BodyShort`, `BodyLong` where it has another size.
   */
  read?(target: DestinationLocator, sizeBytes: number, call: Call): Promise<ByteReader>;
  /** How much room the place takes already: what is there, and its open uploads. Absent = room is no matter there. */
  occupiedBytes?(target: DestinationLocator, call: Call): Promise<number>;
  /** The whole object at once, atomically. @throws `DestinationExists`, `DestinationConflict`. */
  putObject(
    object: ObjectSpec,
    sizeBytes: number,
    body: Body,
    condition: WriteCondition,
    call: Call,
  ): Promise<Stored & { readonly crc32: number }>;
  /**
   * `putObject` for small ones by the thousand: durable when it resolves, at less cost for each where many are under
   * way at a time. Keeps no token: one whose end is unsure is put again. Absent = `putObject` costs no more.
   */
  putSmall?(
    object: ObjectSpec,
    body: WholeBody,
    condition: WriteCondition,
    call: Call,
  ): Promise<Stored & { readonly crc32: number }>;
  /**
   * Removes what is left of small puts that a dead process was at; those of objects that are there have left nothing.
   * Absent = a put that was cut off leaves nothing anyway.
   */
  discardPuts?(puts: readonly Pick<ObjectSpec, 'target' | 'token'>[], call: Call): Promise<void>;
  createUpload(object: ObjectSpec, call: Call): Promise<UploadRef>;
  /**
   * Idempotent: the last upload of a number wins. The body has exactly `sizeBytes`, or the part is refused.
   * @throws `UploadLost`, `ChecksumMismatch`.
   */
  uploadPart(upload: UploadRef, part: PartSpec, body: Body, call: Call): Promise<Part>;
  /** Parts with a number above `after`. */
  listParts(upload: UploadRef, after: number, call: Call): Promise<PartPage | 'gone'>;
  /**
   * Makes the object visible, atomically. @throws `DestinationExists` (412), `DestinationConflict` (409), `UploadLost`,
   * `ChecksumMismatch`, or a transient code: then look with `head` for the token.
   */
  completeUpload(upload: UploadRef, proof: Proof, call: Call): Promise<Stored>;
  /** No error when it is already gone. */
  abortUpload(upload: UploadRef, call: Call): Promise<void>;
  /**
   * Until when parts that were stopped on their way, and not answered, may still come to stand there: an abort of their
   * upload before that may not be the last one. Absent = nothing goes on once its call is over.
   */
  mayLandUntil?(): Instant;
  /** Open uploads of exactly this target. */
  listUploads(target: DestinationLocator, call: Call): Promise<readonly OpenUpload[]>;
  /**
   * Forgets what a finished upload left for the sake of `head` (a file's journal). Called when the record says how it
   * ended. Absent = a finished upload leaves nothing.
   */
  releaseUpload?(upload: UploadRef, call: Call): Promise<void>;
}

/** Finds the destination for a locator. @throws PieceworkError `InvalidDestination`. */
export type Destinations = (to: DestinationLocator) => Destination;
