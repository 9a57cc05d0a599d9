import type {
  ObjectSpec,
  OpenUpload,
  PartPage,
  PartSpec,
  Proof,
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
  #count = 0;

  constructor(world: Nature, limits: Limits) {
    this.#world = world;
    this.#limits = limits;
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
  copyPart(id: string, from: DestinationLocator): Part & { readonly crc32: number } {
    const bytes = this.objects.get(identityOf(from))?.bytes;
    if (bytes === undefined) throw new PieceworkError('DestinationMissing', 'NoSuchKey');
    const isOpen = this.uploads.get(id)?.state === 'open';
    const part = this.uploadPart(id, { number: 1, sizeBytes: bytes.length, offset: 0 }, bytes, isOpen);
    return { ...part, crc32: crc32(bytes) };
  }

  promote(from: DestinationLocator, object: ObjectSpec, condition: WriteCondition): Stored {
    const staged = this.objects.get(identityOf(from));
    if (staged === undefined) throw new PieceworkError('UploadLost', 'the staged object is not there');
    return this.#write(identityOf(object.target), staged.bytes, object.token, object.validator, condition);
  }

  delete(target: DestinationLocator): void {
    this.objects.delete(identityOf(target));
  }

  #write(key: string, bytes: Uint8Array, token: string, validator: Validator, condition: WriteCondition): Stored {
    if (condition === 'absent' && this.objects.has(key)) throw new PieceworkError('DestinationExists', '412');
    const etag = `"${crc32Hex(crc32(bytes))}"`;
    this.objects.set(key, { bytes, etag, token, validator, modifiedAt: toIso(this.#world.now) });
    return { sizeBytes: bytes.length, etag };
  }
}

const PAGE = 3;

function noSuchUpload(id: string): PieceworkError {
  return new PieceworkError('UploadLost', `NoSuchUpload ${id}`);
}
