import { Duration } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { PREFIXES } from '../lib/aws/names.ts';
import { acknowledge } from './acknowledge.ts';
import type { Settings } from './props/props.ts';

/** Transfer records, markers, sealed source URLs: private, TLS only, encrypted; what was forgotten goes by itself. */
export function recordsBucket(scope: Construct, settings: Settings): Bucket {
  const { encryptionKey, recordRetentionDays, removalPolicy } = settings;
  const expired = (id: string, prefix: string, days: number) => ({ id, prefix, expiration: Duration.days(days) });
  const bucket = new Bucket(scope, 'Records', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    ...(encryptionKey === undefined
      ? { encryption: BucketEncryption.S3_MANAGED }
      : { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }),
    removalPolicy,
    lifecycleRules: [
      { id: 'incomplete-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
      // Active markers never expire: each stands for work that is left. A record is written anew by
      // whatever happens to its transfer.
      expired('old-records', PREFIXES.transfers, recordRetentionDays),
      expired('old-failures', PREFIXES.notCompleted, recordRetentionDays),
      expired('old-keys', PREFIXES.keys, recordRetentionDays),
      // Deleted with their transfer; this is for what a crash left without a marker.
      expired('old-sealed-sources', PREFIXES.sealed, recordRetentionDays),
      expired('old-batches', PREFIXES.batches, recordRetentionDays),
      expired('old-outcomes', PREFIXES.outcomes, recordRetentionDays),
      // Deleted with their batch, as what is sealed.
      expired('old-boards', PREFIXES.boards, recordRetentionDays),
      expired('old-spent', PREFIXES.spent, recordRetentionDays),
      expired('old-waits', PREFIXES.waits, recordRetentionDays),
      expired('old-hosts', PREFIXES.hosts, recordRetentionDays),
      expired('old-damage', PREFIXES.corrupt, recordRetentionDays),
    ],
  });
  acknowledge(bucket, 'AwsSolutions-S1');
  return bucket;
}
