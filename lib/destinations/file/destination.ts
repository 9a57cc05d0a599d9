import type { Part } from '../../transfer/plan/ledger.ts';
import type { Features, Limits } from '../../transfer/plan/limits.ts';
import type { Body } from '../../values/bytes.ts';
import type { Destination, ObjectSpec, PartPage, Stored, UploadRef, WriteCondition } from '../destination.ts';
import { onDisk } from './errors.ts';
import { allocatedBeside, openUploadsBeside, tokenOfTarget } from './folder.ts';
import { turns } from './gate.ts';
import { fileLocator } from './locator.ts';
import { isUploadId, newUploadId, putId } from './names.ts';
import { bytesAt } from './read.ts';
import { discardSmallPut, fileSmallPuts } from './small/put-small.ts';
import { checkFolder, checkSettings, checkSpace, locateTarget, resolveTarget } from './target.ts';
import { completePartial } from './upload/complete.ts';
import type { DirectOptions } from './upload/direct.ts';
import type { Journal } from './upload/journal.ts';
import { readJournal } from './upload/journal.ts';
import { fileUploads } from './upload/uploads.ts';
import type { WriteAt } from './upload/write-all.ts';

export interface FileDestinationOptions extends DirectOptions {
  /** Called with a sentence that says what was found damaged and is done again. @default no call */
  readonly warn?: (sentence: string) => void;
  /** @default the file's own `write` */
  readonly writeAt?: WriteAt;
  /**
   * Only looks: lists what a journal says, believing it, without a lock. For a look at how far another process is.
   * @default false
   */
  readonly onlyLooks?: boolean;
}

const LIMITS: Limits = {
  maxPieces: 1_000_000,
  minPieceBytes: 1,
  maxPieceBytes: 5 * 1024 ** 4,
  maxObjectBytes: Number.MAX_SAFE_INTEGER,
};

const FEATURES: Features = { ordered: false, conditionalWrite: true, token: true };

const PARTS_PER_PAGE = 10_000;

/**
 * Local files. Beside the target stand, until it is finished, the bytes (as long as the file will be), their journal
 * and a lock; each piece is written at its offset, and at the end one rename makes it the target. A file keeps no
 * token: `head` tells it as long as the journal is there, that is until `releaseUpload`.
 */
export function fileDestination(options: FileDestinationOptions = {}): Destination {
  const { warn = () => {}, writeAt = writeToFile, onlyLooks = false, ...direct } = options;
  const uploads = fileUploads({ warn, writeAt, direct });
  const inTurn = turns();
  const putSmall = fileSmallPuts(writeAt);

  async function putObject(
    object: ObjectSpec,
    sizeBytes: number,
    body: Body,
    condition: WriteCondition,
    signal: AbortSignal,
  ): Promise<Stored & { readonly crc32: number }> {
    signal.throwIfAborted();
    checkSettings(fileLocator(object.target), object.settings);
    const target = await resolveTarget(object.target);
    const upload: UploadRef = { target: object.target, id: putId(object.token), token: object.token };
    const partial = await uploads.create(target, target.upload(upload.id), { ...object, sizeBytes });
    try {
      const part = await partial.writePart({ number: 1, sizeBytes, offset: 0 }, body, signal);
      const proof = { parts: [part], sizeBytes, crc32: part.crc32, condition, object };
      const stored = await completePartial(partial, target, proof, signal);
      await uploads.finished(partial);
      return { ...stored, crc32: part.crc32 };
    } catch (error) {
      // Whatever it came to: when the rename was done before it failed, the journal must still tell so.
      await uploads.remove(upload, 'allButFinished').catch(() => {});
      throw error;
    }
  }

  return {
    kind: 'file',
    limits: LIMITS,
    features: FEATURES,

    proof: {
      kind: 'upload',
      async read(upload, sizeBytes, { signal }) {
        signal.throwIfAborted();
        return (await uploads.findOpen(upload, signal)).read(sizeBytes, signal);
      },
    },

    describe: (to) => fileLocator(to).path,

    async check(object, { signal }) {
      signal.throwIfAborted();
      checkSettings(fileLocator(object.target), object.settings);
      const target = await resolveTarget(object.target);
      await checkFolder(target);
      if (object.sizeBytes === undefined) return;
      const allocated = await onDisk(target.path, () => allocatedBeside(target));
      await checkSpace(target, object.sizeBytes - allocated);
    },

    async head(to, { signal }) {
      signal.throwIfAborted();
      const target = await resolveTarget(to);
      const { existing } = target;
      if (existing === undefined) return undefined;
      const token = await onDisk(target.path, () => tokenOfTarget(target));
      const found = { sizeBytes: existing.size, modifiedAt: existing.mtime.toISOString() };
      return token === undefined ? found : { ...found, token };
    },

    async occupiedBytes(to, { signal }) {
      signal.throwIfAborted();
      const target = await resolveTarget(to);
      return (target.existing?.size ?? 0) + (await onDisk(target.path, () => allocatedBeside(target)));
    },

    read: async (to, sizeBytes, { signal }) => bytesAt((await resolveTarget(to)).path, sizeBytes, signal),

    putObject: (object, sizeBytes, body, condition, { signal }) =>
      putObject(object, sizeBytes, body, condition, signal),

    putSmall: (object, body, condition, { signal }) => putSmall(object, body, condition, signal),

    async discardPuts(puts, { signal }) {
      signal.throwIfAborted();
      await Promise.all(puts.map(discardSmallPut));
    },

    async createUpload(object, { signal }) {
      signal.throwIfAborted();
      checkSettings(fileLocator(object.target), object.settings);
      const target = await resolveTarget(object.target);
      const id = newUploadId();
      await uploads.create(target, target.upload(id), object);
      return { target: object.target, id, token: object.token };
    },

    async uploadPart(upload, part, body, { signal }) {
      signal.throwIfAborted();
      const partial = await uploads.findOpen(upload, signal);
      return await partial.writePart(part, body, signal);
    },

    async listParts(upload, after, { signal }) {
      signal.throwIfAborted();
      const found = onlyLooks ? await lookAtJournal(upload) : await uploads.find(upload, signal);
      if (typeof found !== 'object') return 'gone';
      return pageAfter(found.parts, after);
    },

    async completeUpload(upload, proof, { signal }) {
      signal.throwIfAborted();
      return await inTurn(upload.id, signal, async () => {
        if ((await uploads.find(upload, signal)) === 'finished') return { sizeBytes: proof.sizeBytes };
        const partial = await uploads.findOpen(upload, signal);
        const stored = await completePartial(partial, await resolveTarget(upload.target), proof, signal);
        await uploads.finished(partial);
        return stored;
      });
    },

    async abortUpload(upload, { signal }) {
      signal.throwIfAborted();
      await uploads.remove(orPut(upload), 'allButFinished');
    },

    async listUploads(to, { signal }) {
      signal.throwIfAborted();
      const target = await locateTarget(to);
      // Asked for what a dead process left: where it left no more than its lock, nothing would come by that again.
      await uploads.tidy(target);
      return await onDisk(target.path, () => openUploadsBeside(target));
    },

    async releaseUpload(upload, { signal }) {
      signal.throwIfAborted();
      await uploads.remove(orPut(upload), 'all');
    },

    [Symbol.asyncDispose]: () => uploads[Symbol.asyncDispose](),
  };
}

function pageAfter(all: ReadonlyMap<number, Part>, after: number): PartPage {
  let highest = 0;
  for (const number of all.keys()) highest = Math.max(highest, number);
  const parts: Part[] = [];
  let number = after;
  while (number < highest && parts.length < PARTS_PER_PAGE) {
    number += 1;
    const part = all.get(number);
    if (part !== undefined) parts.push(part);
  }
  return number < highest ? { parts, next: number } : { parts };
}

async function writeToFile(...[file, bytes, position]: Parameters<WriteAt>): Promise<number> {
  return (await file.write(bytes, 0, bytes.length, position)).bytesWritten;
}

async function lookAtJournal(upload: UploadRef): Promise<Journal | 'corrupt' | undefined> {
  const target = await locateTarget(upload.target);
  return isUploadId(upload.id)
    ? await onDisk(target.path, () => readJournal(target.upload(upload.id).journal))
    : undefined;
}

function orPut(upload: UploadRef): UploadRef {
  return upload.id === '' ? { ...upload, id: putId(upload.token) } : upload;
}
