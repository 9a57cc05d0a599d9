import type { Destination } from '../../destinations/destination.ts';
import type { AbortEntry } from '../../transfer/record/record.ts';
import { dropAborted, noteAbort } from '../../transfer/record/transitions-uploads.ts';
import { fromIso } from '../../values/time.ts';
import type { Ports } from '../shared/ports.ts';
import type { Loaded } from '../shared/store.ts';
import { saveTransfer } from '../shared/store.ts';
import { uploadRef } from '../shared/upload-ref.ts';
import { nameLeft } from './left.ts';
import type { Wait } from './step.ts';

/** Longer than it takes: a tick for it alone would be in the way. */
const UNTIL_STOPPED_MS = 3_600_000;

/** Abort, and look again after the grace: parts of dead workers may land even after the abort (rule 14). */
export async function abortStep(
  ports: Ports,
  loaded: Loaded,
  entry: AbortEntry,
  destination: Destination,
  signal: AbortSignal,
): Promise<'again' | Wait> {
  const { record } = loaded;
  const now = ports.clock.now();
  const upload = uploadRef(destination, record, entry.upload);
  const lookAt = entry.abortedAt === undefined ? now : fromIso(entry.abortedAt) + ports.policy.graceMs;
  if (entry.abortedAt !== undefined && now < lookAt) return { waitMs: lookAt - now };
  // The one who stops these workers settles once more.
  if (entry.abortedAt !== undefined && ports.policy.mayStillLand?.() === true) return { waitMs: UNTIL_STOPPED_MS };
  let isGone: boolean;
  try {
    isGone = entry.abortedAt !== undefined && (await destination.listParts(upload, 0, { signal })) === 'gone';
    if (!isGone) await destination.abortUpload(upload, { signal });
  } catch (error) {
    const stays = { what: 'upload', destination, at: upload.target, uploadId: upload.id } as const;
    const left = await nameLeft(ports, record, error, stays);
    if (left !== 'left') return left;
    isGone = true;
  }
  await saveTransfer(ports, loaded, isGone ? dropAborted(record, entry) : noteAbort(record, entry, now));
  return 'again';
}
