import { PieceworkError } from '../../../errors/error.ts';
import type { Snapshot } from '../../../transfer/snapshot.ts';
import { fromIso } from '../../../values/time.ts';
import { formatBytes, formatDuration } from '../../../values/units.ts';
import { sameVersion } from '../../../values/web/validator.ts';
import type { BatchPorts } from '../batch-ports.ts';
import type { EntryJob } from './job.ts';
import type { Read } from './reading.ts';

/** What may still be written is not taken. @throws PieceworkError `SourceTooYoung`, with when it is old enough. */
export function checkAge({ clock }: BatchPorts, job: EntryJob, { modifiedAt }: Snapshot): void {
  const { minAgeMs, shown } = job;
  if (minAgeMs === undefined || modifiedAt === undefined) return;
  const ageMs = clock.now() - fromIso(modifiedAt);
  if (ageMs >= minAgeMs) return;
  const age = ageMs < 0 ? 'in the future, by the clock of this machine' : `${formatDuration(ageMs)} ago`;
  throw tooYoung(`${shown} was changed ${age}`, minAgeMs, Math.min(minAgeMs - ageMs, minAgeMs));
}

/** Where no date says how old it is: asks once more, when all its bytes are here. @throws PieceworkError as above */
export async function checkIsStill(
  { sources }: BatchPorts,
  { source, shown }: EntryJob,
  { snapshot, sizeBytes }: Read,
  minAgeMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (snapshot.modifiedAt !== undefined) return;
  await using again = await sources(source.url).probe(source, 1, { signal });
  const { sizeBytes: now, validator } = again.snapshot;
  const isOther = validator.kind !== 'none' && !sameVersion(validator, snapshot.validator);
  if (!isOther && (now === undefined || now === sizeBytes)) return;
  const sizes = now === undefined ? '' : ` (${formatBytes(sizeBytes)} at first, ${formatBytes(now)} then)`;
  throw tooYoung(`${shown} was changed while it was read${sizes}`, minAgeMs, minAgeMs);
}

function tooYoung(what: string, minAgeMs: number, retryAfterMs: number): PieceworkError {
  return new PieceworkError(
    'SourceTooYoung',
    `${what}, and --min-age is ${formatDuration(minAgeMs)}: it may still be written; run it again later`,
    { details: { retryAfterMs } },
  );
}
