import type { TransferRecord } from '../../../../transfer/record/record.ts';
import { toIso } from '../../../../values/time.ts';
import type { Finding } from '../finding.ts';
import { finding, ok } from '../finding.ts';
import type { DeploymentSeen, DestinationSeen, OpenUploadSeen, RecordsSeen } from '../seen.ts';
import { whenSeen } from '../when-seen.ts';

/** An upload is in its record a moment after it was begun, and after a crash a tick has an hour to find it. */
const YOUNG_MS = 2 * 3_600_000;

/** Uploads that no record of what is open names. */
export function checkUploads({ destinations, records, now }: DeploymentSeen): readonly Finding[] {
  return whenSeen('uploads', records, (known) => {
    if (!known.isComplete)
      return [
        { check: 'uploads', state: 'unseen', what: 'there are too many open transfers to read all their records' },
      ];
    const named = namedIn(known);
    return whenSeen('uploads', destinations, (places) =>
      places.flatMap((place) =>
        whenSeen('uploads', place.uploads, (uploads) => {
          const orphans = uploads.filter(
            ({ uploadId, initiatedAt }) => !named.has(uploadId) && now - initiatedAt > YOUNG_MS,
          );
          return [checkOrphans(place, uploads.length, orphans)];
        }),
      ),
    );
  });
}

function checkOrphans(place: DestinationSeen, all: number, orphans: readonly OpenUploadSeen[]): Finding {
  const where = placeText(place);
  const [oldest] = orphans.toSorted((a, b) => a.initiatedAt - b.initiatedAt);
  if (oldest === undefined) return ok('uploads', `${where}: ${all} open, each in a record or young`);
  const { key, uploadId, initiatedAt } = oldest;
  return finding(
    'uploads',
    'look',
    `${where}: ${orphans.length} that no record names, the oldest of ${key} since ${toIso(initiatedAt)}`,
    {
      todo: `aws s3api abort-multipart-upload --bucket ${place.rule.bucket} --key '${key}' --upload-id ${uploadId}`,
      see: 'Uploads without a record',
    },
  );
}

function namedIn({ transfers }: RecordsSeen): ReadonlySet<string> {
  return new Set([...transfers.values()].flatMap((record) => (typeof record === 'object' ? uploadsOf(record) : [])));
}

function uploadsOf({ upload, promotions = [], toAbort }: TransferRecord): readonly string[] {
  return [upload, ...promotions, ...toAbort.map((entry) => entry.upload)].flatMap((one) =>
    one === undefined ? [] : [one.id],
  );
}

/** As long as a caller may ask for: deadline and hold of a transfer together. */
const LONG_ENOUGH_DAYS = 15;

/** For the day on which the deployment was deleted in the middle: what aborts what is left then. */
export function checkLifecycles({ destinations }: DeploymentSeen): readonly Finding[] {
  return whenSeen('lifecycle rule', destinations, (places) =>
    places.flatMap((place) =>
      whenSeen('lifecycle rule', place.abortsAfterDays, (days) => {
        const where = placeText(place);
        if (days === undefined)
          return [
            finding('lifecycle rule', 'look', `${where}: none aborts incomplete uploads`, {
              todo: `give the bucket one, of ${LONG_ENOUGH_DAYS} days`,
              see: 'Lifecycle rule',
            }),
          ];
        const what = `${where}: incomplete uploads are aborted after ${days} days`;
        if (days >= LONG_ENOUGH_DAYS) return [ok('lifecycle rule', what)];
        const todo = `${LONG_ENOUGH_DAYS} days, or no transfer with a longer deadline and hold`;
        return [finding('lifecycle rule', 'look', what, { todo, see: 'Lifecycle rule' })];
      }),
    ),
  );
}

function placeText({ rule: { bucket, prefix } }: DestinationSeen): string {
  return `s3://${bucket}/${prefix}`;
}
