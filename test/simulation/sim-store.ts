import type {
  ObjectSpec,
  OpenUpload,
  PartPage,
  PartSpec,
  Proof,
  StagedObject,
  Stored,
  StoredObject,
  WriteCondition,
} from '../../lib/destinations/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { crc32, crc32Hex } from '../../lib/integrity/crc32.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { Part } from '../../lib/transfer/plan/ledger.ts';
import type { Limits } from '../../lib/transfer/plan/limits.ts';
import { toIso } from '../../lib/values/time.ts';
import type { Validator } from '../../lib/values/web/validator.ts';
import { identityOf } from '../support/places.ts';
import type { Nature } from './nature.ts';

export interface SimObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly versionId?: string;
  readonly token?: string;
  readonly validator?: Validator;
  readonly modifiedAt: string;
}

export interface SimUpload {
  readonly id: string;
  readonly target: string;
  readonly token: string;
  readonly validator: Validator;
  readonly initiatedAt: string;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly part: Part }>;
  state: 'open' | 'completed' | 'aborted' | 'zombie';
}

/**
 * The object store itself, with S3's documented semantics: an upload is a ledger of parts; it becomes an
 * object at once or not at all; a part that was on its way may land after the abort and then keeps the upload
 * listed, until it is aborted again.
 */
export class ObjectStore {
  readonly objects = new Map<string, SimObject>();
  readonly uploads = new Map<string, SimUpload>();
  readonly #world: Nature;
  readonly #limits: Limits;
  /** By their ids, where they are kept. */
  readonly #versions: Map<string, SimObject> | undefined;
  #count = 0;

  constructor(world: Nature, limits: Limits, hasVersions: boolean) {
    this.#world = world;
    this.#limits = limits;
    this.#versions = hasVersions ? new Map() : undefined;
  }

  head(target: DestinationLocator, keepsToken: boolean): StoredObject | undefined {
    const object = this.objects.get(identityOf(target));
    if (object === undefined) return undefined;
    const { bytes, etag, token, validator, modifiedAt } = object;
    return {
      sizeBytes: bytes.length,
      etag,
      modifiedAt,
      ...(token === undefined || !keepsToken ? {} : { token }),
      ...(validator === undefined ? {} : { validator }),
    };
  }

  put(
    target: DestinationLocator,
    bytes: Uint8Array,
    token: string,
    validator: Validator,
    condition: WriteCondition,
  ): Stored {
    return this.#write(identityOf(target), bytes, token, validator, condition);
  }

  create(object: ObjectSpec): string {
    this.#count += 1;
    const id = `u${this.#count}`;
    const { token, validator } = object;
    this.uploads.set(id, {
      id,
      target: identityOf(object.target),
      token,
      validator,
      initiatedAt: toIso(this.#world.now),
      parts: new Map(),
      state: 'open',
    });
    return id;
  }

  uploadPart(id: string, spec: PartSpec, bytes: Uint8Array, sentWhileOpen: boolean): Part {
    const upload = this.uploads.get(id);
    if (upload === undefined) throw noSuchUpload(id);
    const outlives = sentWhileOpen && upload.state === 'aborted' && this.#world.strikes('partOutlivesAbort');
    if (outlives) upload.state = 'zombie';
    else if (upload.state !== 'open') throw noSuchUpload(id);
    const checksum = crc32(bytes);
    const part = {
      number: spec.number,
      sizeBytes: bytes.length,
      etag: `"${crc32Hex(checksum)}-${bytes.length}"`,
      crc32: checksum,
      modifiedAt: toIso(this.#world.now),
    };
    upload.parts.set(spec.number, { bytes, part });
    return part;
  }

  list(id: string, after: number): PartPage | 'gone' {
    const upload = this.uploads.get(id);
    if (upload === undefined || (upload.state !== 'open' && upload.state !== 'zombie')) return 'gone';
    const parts = [...upload.parts.values()].map(({ part }) => part).filter(({ number }) => number > after);
    parts.sort((a, b) => a.number - b.number);
    const page = parts.slice(0, PAGE);
    const last = page.at(-1);
    return parts.length > page.length && last !== undefined ? { parts: page, next: last.number } : { parts: page };
  }

  complete(id: string, proof: Proof): Stored {
    const upload = this.uploads.get(id);
    if (upload?.state !== 'open') throw noSuchUpload(id);
    const bytes = this.#assemble(upload, proof);
    const stored = this.#write(upload.target, bytes, upload.token, upload.validator, proof.condition);
    upload.state = 'completed';
    return stored;
  }

  #assemble(upload: SimUpload, proof: Proof): Uint8Array {
    const chosen = proof.parts.map((wanted) => {
      const there = upload.parts.get(wanted.number);
      if (there === undefined || there.part.etag !== wanted.etag)
        throw new PieceworkError('DestinationRefused', `InvalidPart ${wanted.number}`);
      return there.bytes;
    });
    if (chosen.slice(0, -1).some((bytes) => bytes.length < this.#limits.minPieceBytes))
      throw new PieceworkError('DestinationRefused', 'EntityTooSmall');
    const bytes = Buffer.concat(chosen);
    if (bytes.length !== proof.sizeBytes || crc32(bytes) !== proof.crc32)
      throw new PieceworkError('ChecksumMismatch', 'BadDigest');
    return bytes;
  }

  abort(id: string): void {
    const upload = this.uploads.get(id);
    if (upload === undefined || upload.state === 'completed') return;
    upload.state = 'aborted';
    upload.parts.clear();
  }

  openUploads(target: DestinationLocator, { withToken }: { readonly withToken: boolean }): readonly OpenUpload[] {
    const key = identityOf(target);
    return this.standing()
      .filter((upload) => upload.target === key)
      .map(({ id, initiatedAt, token }) => ({ id, initiatedAt, ...(withToken ? { token } : {}) }));
  }

  standing(): readonly SimUpload[] {
    return [...this.uploads.values()].filter(({ state }) => state === 'open' || state === 'zombie');
  }

  bytesOf(id: string): Uint8Array {
    const upload = this.uploads.get(id);
    if (upload?.state !== 'open') throw noSuchUpload(id);
    return Buffer.concat(
      [...upload.parts.values()].sort((a, b) => a.part.number - b.part.number).map(({ bytes }) => bytes),
    );
  }

  /** The whole of an object as the only part of an upload. */
  copyPart(id: string, from: StagedObject): Part & { readonly crc32: number } {
    const { bytes } = this.#staged(from);
    const isOpen = this.uploads.get(id)?.state === 'open';
    const part = this.uploadPart(id, { number: 1, sizeBytes: bytes.length, offset: 0 }, bytes, isOpen);
    return { ...part, crc32: crc32(bytes) };
  }

  promote(from: StagedObject, object: ObjectSpec, condition: WriteCondition): Stored {
    const { bytes } = this.#staged(from);
    return this.#write(identityOf(object.target), bytes, object.token, object.validator, condition);
  }

  /** The source of a copy, held to what its caller says of it. */
  #staged({ target, etag, versionId }: StagedObject): SimObject {
    const latest = this.objects.get(identityOf(target));
    const there = versionId === undefined ? latest : this.#versions?.get(versionId);
    if (there === undefined) throw new PieceworkError('UploadLost', 'the staged object is not there');
    if (there.etag !== etag) throw new PieceworkError('StagedObjectChanged', '412: x-amz-copy-source-if-match');
    return there;
  }

  delete(target: DestinationLocator): void {
    this.remove(identityOf(target));
  }

  remove(key: string): void {
    this.objects.delete(key);
  }

  /** A write of another program. */
  intrude(key: string, bytes: Uint8Array, token: string | undefined): void {
    this.#keep(key, { bytes, ...(token === undefined ? {} : { token }) });
  }

  #write(key: string, bytes: Uint8Array, token: string, validator: Validator, condition: WriteCondition): Stored {
    if (condition === 'absent' && this.objects.has(key)) throw new PieceworkError('DestinationExists', '412');
    const { etag } = this.#keep(key, { bytes, token, validator });
    return { sizeBytes: bytes.length, etag };
  }

  #keep(key: string, what: Pick<SimObject, 'bytes' | 'token' | 'validator'>): SimObject {
    const etag = `"${crc32Hex(crc32(what.bytes))}"`;
    const object: SimObject = { ...what, etag, modifiedAt: toIso(this.#world.now), ...this.#nextVersion() };
    this.objects.set(key, object);
    if (object.versionId !== undefined) this.#versions?.set(object.versionId, object);
    return object;
  }

  #nextVersion(): Pick<SimObject, 'versionId'> {
    return this.#versions === undefined ? {} : { versionId: `v${this.#versions.size + 1}` };
  }
}

const PAGE = 3;

function noSuchUpload(id: string): PieceworkError {
  return new PieceworkError('UploadLost', `NoSuchUpload ${id}`);
}
