import type { PartSpec, ServerSideCopy, UploadRef } from '../../lib/destinations/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { CopySource } from '../../lib/transfer/locators.ts';
import type { Snapshot } from '../../lib/transfer/snapshot.ts';
import { sameVersion } from '../../lib/values/web/validator.ts';
import { STORE_COPY, STORE_READ } from './faults.ts';
import type { SimProcess } from './sim-process.ts';
import { versionInStore } from './sim-source.ts';
import { SECOND_MS } from './times.ts';
import type { World } from './world.ts';

/**
 * UploadPartCopy as S3 has it, and as stores have it that do not hold the copy to a version.
 * Nothing comes through the process.
 */
export function simCopy(process: SimProcess, world: World): ServerSideCopy | undefined {
  const { store, origins, scenario, rules } = world;
  const { copies } = scenario.destination;
  if (copies === undefined) return undefined;
  const { pinsSource } = copies;

  /** The request arrives: the store reads whatever is there now, if it may and if it is what the condition says. */
  function copy({ id }: UploadRef, part: PartSpec, from: CopySource, snapshot: Snapshot, sentWhileOpen: boolean) {
    const { version, isForbidden } = versionInStore(origins, from);
    if (isForbidden) throw new PieceworkError('ServerSideCopyRefused', 'the store answered AccessDenied');
    const { validator } = snapshot;
    if (pinsSource && validator.kind !== 'none' && !sameVersion(validator, version.validator))
      throw new PieceworkError('SourceChanged', 'the store answered PreconditionFailed');
    const bytes = version.bytes.subarray(part.offset, part.offset + part.sizeBytes);
    if (bytes.length < part.sizeBytes) throw new PieceworkError('ServerSideCopyRefused', 'InvalidRange');
    const made = store.uploadPart(id, part, bytes, sentWhileOpen);
    rules.objects.copied(id, version, pinsSource);
    // The part is there, and what is said of it proves nothing.
    if (world.strikes('copyUnproved')) throw new PieceworkError('ServerSideCopyRefused', 'no checksum of the copy');
    return made;
  }

  return {
    preferredPieceBytes: 16,
    pinsSource,
    reaches: () => true,
    refusal(from, { validator }, { signal }) {
      return process.call(
        `may copy ${from.key}`,
        STORE_READ,
        () => {
          if (validator.kind !== 'strong') return 'it has no ETag';
          const { version, isForbidden } = versionInStore(origins, from);
          if (isForbidden) return 'AccessDenied';
          return sameVersion(validator, version.validator) ? undefined : 'another version is there';
        },
        signal,
      );
    },
    async copyPart(upload, part, from, snapshot, { signal }) {
      const sentWhileOpen = store.uploads.get(upload.id)?.state === 'open';
      if (world.strikes('copySlow')) await process.sleep(world.chance.between(5 * SECOND_MS, 90 * SECOND_MS), signal);
      const land = () => copy(upload, part, from, snapshot, sentWhileOpen);
      return await process.call(`copy part ${part.number} of ${upload.id}`, STORE_COPY, land, signal);
    },
  };
}
