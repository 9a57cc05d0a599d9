import { Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { PREFIXES } from '../lib/aws/names.ts';
import { BUCKET_RIGHTS, HOOK_RIGHTS, OBJECT_RIGHTS, RECORD_RIGHTS } from '../lib/aws/stage-rights.ts';
import { prefixOfAll } from '../lib/values/text/owner-name.ts';
import type { PieceworkDestination, PieceworkSourceBucket, Settings } from './props/props.ts';
import type { StageFunction } from './stage-function.ts';

/*
 * Who may do what, and nothing besides: lib/aws/stage-rights.ts has the lists, docs/security.md says why.
 */

/** The function of each stage. */
export interface StageFunctions {
  readonly api: StageFunction;
  readonly planner: StageFunction;
  readonly fetcher: StageFunction;
  readonly finalizer: StageFunction;
}

/** @param notifier reads who is notified, and nothing else of what is sealed. @default there is none */
export function allowRecords(
  stages: StageFunctions,
  bucket: Bucket,
  { encryptionKey, sealedKey }: Settings,
  notifier?: StageFunction,
): void {
  const objects = (prefixes: readonly (keyof typeof PREFIXES)[]) =>
    prefixes.map((prefix) => bucket.arnForObjects(`${PREFIXES[prefix]}*`));
  for (const [name, stage] of Object.entries(stages) as [keyof StageFunctions, StageFunction][]) {
    const { read, write, remove } = RECORD_RIGHTS[name];
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
  if (notifier !== undefined) {
    notifier.allow(['s3:GetObject'], objects(HOOK_RIGHTS.read), 'ReadHooks');
    notifier.allow(['s3:DeleteObject'], objects(HOOK_RIGHTS.remove), 'DeleteHooks');
    notifier.allow(['s3:ListBucket'], [bucket.bucketArn], 'ListHooks');
    const keys = [encryptionKey, sealedKey].flatMap((key) => (key === undefined ? [] : [key.keyArn]));
    if (keys.length > 0) notifier.allow(['kms:Decrypt'], [...new Set(keys)], 'Unseal');
  }
  denySealed(stages, bucket, notifier);
}

/**
 * Other principals of the account may have the right to read every bucket, and here lie passwords and keys. To list, to
 * write and to delete is not denied: the stack and its clean-up need no exception.
 */
function denySealed(stages: StageFunctions, bucket: Bucket, notifier: StageFunction | undefined): void {
  const readers = Object.entries(stages)
    .filter(([name]) => RECORD_RIGHTS[name as keyof StageFunctions].read.includes('sealed'))
    .map(([, stage]) => stage);
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'SealedSources',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      // As well what reads older versions and what replicates, should the bucket come to have either.
      actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectVersionForReplication'],
      resources: [bucket.arnForObjects(`${PREFIXES.sealed}*`)],
      // Of a function's session it is the role's own ARN. A caller without one, an AWS service, is denied too.
      conditions: {
        ArnNotEquals: {
          'aws:PrincipalArn': [...readers, ...(notifier === undefined ? [] : [notifier])].map(({ roleArn }) => roleArn),
        },
      },
    }),
  );
}

export function allowDestinations(stages: StageFunctions, destinations: readonly PieceworkDestination[]): void {
  const under = (suffix: string, some = destinations) =>
    distinctTexts(some.map(({ bucket, prefix = '' }) => bucket.arnForObjects(`${prefixOfAll(prefix)}${suffix}`)));
  for (const [name, stage] of Object.entries(stages) as [keyof StageFunctions, StageFunction][]) {
    stage.allow(OBJECT_RIGHTS[name], under('*'), 'DestinationObjects');
    if (BUCKET_RIGHTS[name].length > 0)
      stage.allow(BUCKET_RIGHTS[name], distinct(destinations.map(({ bucket }) => bucket)), 'DestinationBuckets');
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
 * Secrets by reference are looked up by those who need them. A secret under a key of its own
 * needs that key's policy to say so.
 */
export function allowSecrets(stages: readonly StageFunction[], prefixes: readonly string[]): void {
  if (prefixes.length === 0) return;
  const arn = (stage: StageFunction, service: string, resource: string) =>
    Stack.of(stage).formatArn({ service, resource, resourceName: '' }).replace(/\/$/, '');
  for (const stage of stages) {
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
  return distinctTexts(buckets.map(({ bucketArn }) => bucketArn));
}

/** Owners' prefixes are alike up to the owner's name, and that is what IAM is given. */
function distinctTexts(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
