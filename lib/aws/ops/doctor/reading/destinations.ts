import type { LifecycleRule, ListMultipartUploadsCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { GetBucketLifecycleConfigurationCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { serviceFailure } from '../../../../errors/foreign.ts';
import type { BucketRule } from '../../../names.ts';
import { onService } from '../../on-service.ts';
import type { OpenUploadSeen } from '../seen.ts';

/**
 * Days after which a bucket aborts what is left of uploads under a prefix. `undefined` = never.
 * @throws PieceworkError `HomeRefused`, `HomeUnavailable`.
 */
export async function readAbortDays(client: S3Client, { bucket, prefix }: BucketRule): Promise<number | undefined> {
  return await onService(`the bucket ${bucket}`, 's3:GetLifecycleConfiguration', async () => {
    try {
      const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
      return abortDays(Rules, prefix);
    } catch (error) {
      if (serviceFailure(error).name === 'NoSuchLifecycleConfiguration') return undefined;
      throw error;
    }
  });
}

/** The shortest of the rules that hold for all that is under the prefix. */
export function abortDays(rules: readonly LifecycleRule[], prefix: string): number | undefined {
  const days = rules.flatMap(({ Status, Filter, Prefix, AbortIncompleteMultipartUpload }) => {
    const under = Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '';
    const holds = Status === 'Enabled' && prefix.startsWith(under);
    return holds ? [AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? Number.POSITIVE_INFINITY] : [];
  });
  const shortest = Math.min(...days, Number.POSITIVE_INFINITY);
  return Number.isFinite(shortest) ? shortest : undefined;
}

/** So many are read of one place. */
const MOST = 10_000;

/**
 * Open uploads under a prefix which the functions of a deployment have begun, or of which the store does not say who
 * has.
 * @param roles names of the functions' roles
 * @throws as `readAbortDays`
 */
export async function readUploads(
  client: S3Client,
  { bucket: Bucket, prefix: Prefix }: BucketRule,
  roles: readonly string[],
): Promise<readonly OpenUploadSeen[]> {
  return await onService(`the bucket ${Bucket}`, 's3:ListBucketMultipartUploads', async () => {
    const found: OpenUploadSeen[] = [];
    let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (after !== undefined && found.length < MOST) {
      const page: ListMultipartUploadsCommandOutput = await client.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix, ...after }),
      );
      for (const { Key: key = '', UploadId: uploadId = '', Initiated, Initiator } of page.Uploads ?? []) {
        if (isOurs(Initiator?.ID, roles)) found.push({ key, uploadId, initiatedAt: Initiated?.getTime() ?? 0 });
      }
      const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
      after = IsTruncated === true ? { KeyMarker, UploadIdMarker } : undefined;
    }
    return found;
  });
}

/** Of a role's session S3 says `arn:aws:sts::111122223333:assumed-role/ROLE/SESSION`. */
export function isOurs(initiator: string | undefined, roles: readonly string[]): boolean {
  const role = /:assumed-role\/([^/]+)\//.exec(initiator ?? '')?.[1];
  return role === undefined || roles.includes(role);
}
