import type { Snapshot } from '../../transfer/snapshot.ts';
import { stated } from '../../values/stated.ts';
import type { Validator } from '../../values/web/validator.ts';
import type { SnapshotView } from '../schemas/snapshot.ts';

/** The source as it answered. */
export function viewSnapshot(snapshot: Snapshot, shownUrl: string): SnapshotView {
  const { sizeBytes, ranges, validator, contentType, contentEncoding, modifiedAt, name, redirectHosts, unprovedEnd } =
    snapshot;
  const { digests } = snapshot;
  const host = redirectHosts?.at(-1) ?? (URL.parse(shownUrl)?.host || undefined);
  return {
    ranges,
    validator: { kind: validator.kind, ...stated({ value: shownValidator(validator) }) },
    digests: stated(digests),
    ...stated({
      host,
      redirectHosts: redirectHosts === undefined ? undefined : [...redirectHosts],
      sizeBytes,
      contentType,
      contentEncoding,
      modifiedAt,
      name,
      unprovedEnd,
    }),
  };
}

function shownValidator(validator: Validator): string | undefined {
  if (validator.kind === 'none') return undefined;
  return validator.kind === 'date' ? validator.lastModified : validator.etag;
}
