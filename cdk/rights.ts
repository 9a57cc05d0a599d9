import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { PREFIXES } from '../lib/aws/names.ts';
import type { PieceworkDestination, PieceworkSourceBucket, Settings } from './props/props.ts';
import type { StageFunction } from './stage-function.ts';

/*
 * Who may do what, and nothing besides; docs/security.md says why, and what IAM can't separate.
 * Each list of actions is held by test/infra against the calls that the code makes.
 */

/** The function of each stage. */
export interface StageFunctions {
  readonly api: StageFunction;
  readonly planner: StageFunction;
  readonly fetcher: StageFunction;
  readonly finalizer: StageFunction;
}

type Prefix = keyof typeof PREFIXES;

/** On the records bucket: reading, writing (compare-and-swap reads too) and deleting by prefix. */
const RECORDS: Readonly<
  Record<
    keyof StageFunctions,
    { readonly read: readonly Prefix[]; readonly write: readonly Prefix[]; readonly remove: readonly Prefix[] }
  >
> = {
  // It seals sources and lists, and can't read them.
  api: {
    read: ['transfers', 'keys', 'hosts', 'batches', 'outcomes', 'boards', 'waits'],
    write: ['transfers', 'active', 'sealed', 'keys', 'batches', 'activeBatches', 'waits'],
    remove: ['active', 'sealed'],
  },
  // It reads lists into shards, and makes transfers of large entries.
  planner: {
    read: ['transfers', 'sealed', 'hosts', 'batches', 'outcomes', 'boards'],
    write: ['transfers', 'active', 'hosts', 'sealed', 'batches', 'outcomes', 'boards'],
    remove: ['sealedBatches'],
  },
  // What became of entries, and what was learned of their hosts.
  fetcher: { read: ['transfers', 'sealed', 'hosts', 'batches', 'outcomes'], write: ['outcomes', 'hosts'], remove: [] },
  // It sets aside what can't be read: copies it to `corrupt/`, deletes it where it was.
  finalizer: {
    read: ['transfers', 'active', 'hosts', 'batches', 'activeBatches', 'outcomes', 'boards'],
    write: ['transfers', 'hosts', 'corrupt', 'batches', 'outcomes', 'boards'],
    remove: ['active', 'sealed', 'transfers', 'hosts', 'batches', 'activeBatches', 'outcomes', 'boards'],
  },
};

export function allowRecords(stages: StageFunctions, bucket: Bucket, { encryptionKey, sealedKey }: Settings): void {
  const objects = (prefixes: readonly Prefix[]) =>
    prefixes.map((prefix) => bucket.arnForObjects(`${PREFIXES[prefix]}*`));
  for (const [name, stage] of Object.entries(stages) as [keyof StageFunctions, StageFunction][]) {
    const { read, write, remove } = RECORDS[name];
    stage.allow(['s3:GetObject'], objects(read), 'ReadRecords');
    if (write.length > 0) stage.allow(['s3:PutObject'], objects(write), 'WriteRecords');
    if (remove.length > 0) stage.allow(['s3:DeleteObject'], objects(remove), 'DeleteRecords');
    // Without it S3 answers 403 for what is not there, and a key that does not exist yet would look the same as a
    // forbidden one. It shows names only.
    stage.allow(['s3:ListBucket'], [bucket.bucketArn], 'ListRecords');
    if (encryptionKey !== undefined)
      stage.allow(['kms:Decrypt', 'kms:GenerateDataKey'], [encryptionKey.keyArn], 'UseRecordsKey');
    if (sealedKey === undefined) continue;
    if (write.includes('sealed')) stage.allow(['kms:GenerateDataKey'], [sealedKey.keyArn], 'Seal');
    if (read.includes('sealed')) stage.allow(['kms:Decrypt'], [sealedKey.keyArn], 'Unseal');
  }
  denySealed(stages, bucket);
}

/**
 * Other principals of the account may have the right to read every bucket, and here lie passwords and keys. To list, to
 * write and to delete is not denied: the stack and its clean-up need no exception.
 */
function denySealed(stages: StageFunctions, bucket: Bucket): void {
  const readers = Object.entries(stages).filter(([name]) =>
    RECORDS[name as keyof StageFunctions].read.includes('sealed'),
  );
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'SealedSources',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      // As well what reads older versions and what replicates, should the bucket come to have either.
      actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectVersionForReplication'],
      resources: [bucket.arnForObjects(`${PREFIXES.sealed}*`)],
      // Of a function's session it is the role's own ARN. A caller without one, an AWS service, is denied too.
      conditions: { ArnNotEquals: { 'aws:PrincipalArn': readers.map(([, { roleArn }]) => roleArn) } },
    }),
  );
}

/** On what lies under the destination's prefix. */
const OBJECTS: Readonly<Record<keyof StageFunctions, readonly string[]>> = {
  // The piece map.
  api: ['s3:ListMultipartUploadParts'],
  // Create, Put, Complete and Copy are one action. GetObject is HEAD: what is there already, and is it ours; and
  // reading back what a digest must prove.
  planner: [
    's3:PutObject',
    's3:PutObjectTagging',
    's3:GetObject',
    's3:ListMultipartUploadParts',
    's3:AbortMultipartUpload',
  ],
  // UploadPart, and small entries of batches: what is there already, and the whole object.
  fetcher: ['s3:PutObject', 's3:PutObjectTagging', 's3:GetObject'],
  finalizer: ['s3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
};

/**
 * On the bucket. ListBucket: so that HEAD answers 404, not 403, for what is not there. ListBucketMultipartUploads:
 * uploads whose Create had an answer that was lost.
 */
const BUCKETS: Readonly<Record<keyof StageFunctions, readonly string[]>> = {
  api: [],
  planner: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
  fetcher: ['s3:ListBucket'],
  finalizer: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
};

export function allowDestinations(stages: StageFunctions, destinations: readonly PieceworkDestination[]): void {
  const under = (suffix: string, some = destinations) =>
    some.map(({ bucket, prefix = '' }) => bucket.arnForObjects(`${prefix}${suffix}`));
  for (const [name, stage] of Object.entries(stages) as [keyof StageFunctions, StageFunction][]) {
    stage.allow(OBJECTS[name], under('*'), 'DestinationObjects');
    if (BUCKETS[name].length > 0)
      stage.allow(BUCKETS[name], distinct(destinations.map(({ bucket }) => bucket)), 'DestinationBuckets');
  }
  // What a link to the report of a batch may read, which is signed with the role of who gives it.
  stages.api.allow(['s3:GetObject'], under('*piecework-report-*.jsonl'), 'Reports');
  const withAcls = destinations.filter(({ acls }) => acls === true);
  for (const stage of [stages.planner, stages.fetcher])
    if (withAcls.length > 0) stage.allow(['s3:PutObjectAcl'], under('*', withAcls), 'DestinationAcls');
  // Staging objects only: `{key}.piecework-{transfer}`. Where the bucket keeps versions, the one that was proved is
  // copied.
  stages.planner.allow(['s3:GetObjectVersion'], under('*.piecework-*'), 'StagingObjects');
  stages.finalizer.allow(['s3:DeleteObject'], under('*.piecework-*'), 'StagingObjects');
  const keys = destinations.flatMap(({ encryptionKey }) => (encryptionKey === undefined ? [] : [encryptionKey.keyArn]));
  if (keys.length === 0) return;
  // A multipart upload under SSE-KMS is encrypted part by part, and decrypted to be completed.
  for (const stage of [stages.planner, stages.fetcher])
    stage.allow(['kms:GenerateDataKey', 'kms:Decrypt'], [...new Set(keys)], 'DestinationKeys');
  for (const stage of [stages.api, stages.finalizer])
    stage.allow(['kms:Decrypt'], [...new Set(keys)], 'DestinationKeys');
}

/** For the planner's look at a source, and for UploadPartCopy, which reads with the rights of its caller. */
export function allowSources({ planner, fetcher }: StageFunctions, buckets: readonly PieceworkSourceBucket[]): void {
  if (buckets.length === 0) return;
  const objects = buckets.map(({ bucket, prefix = '' }) => bucket.arnForObjects(`${prefix}*`));
  const keys = buckets.flatMap(({ encryptionKey }) => (encryptionKey === undefined ? [] : [encryptionKey.keyArn]));
  for (const stage of [planner, fetcher]) {
    stage.allow(['s3:GetObject', 's3:GetObjectVersion'], objects, 'SourceObjects');
    if (keys.length > 0) stage.allow(['kms:Decrypt'], [...new Set(keys)], 'SourceKeys');
  }
}

/**
 * Secrets by reference are looked up where the source is asked. A secret under a key of its own
 * needs that key's policy to say so.
 */
export function allowSecrets({ planner, fetcher }: StageFunctions, prefixes: readonly string[]): void {
  if (prefixes.length === 0) return;
  const arn = (stage: StageFunction, service: string, resource: string) =>
    Stack.of(stage).formatArn({ service, resource, resourceName: '' }).replace(/\/$/, '');
  for (const stage of [planner, fetcher]) {
    stage.allow(
      ['secretsmanager:GetSecretValue'],
      prefixes.map((prefix) => `${arn(stage, 'secretsmanager', 'secret')}:${prefix}*`),
      'ReadSecrets',
    );
    stage.allow(
      ['ssm:GetParameter'],
      prefixes.map((prefix) => `${arn(stage, 'ssm', 'parameter')}/${prefix}*`),
      'ReadParameters',
    );
  }
}

function distinct(buckets: readonly IBucket[]): readonly string[] {
  return [...new Set(buckets.map(({ bucketArn }) => bucketArn))];
}
