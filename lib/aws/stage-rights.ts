import type { PREFIXES, Stage } from './names.ts';

/*
 * What each function may do, as data: the construct gives it, and `piecework ops doctor` asks AWS whether it is still
 * given. docs/security.md says why, and what IAM can't separate. Each list of actions is held by test/infra against the
 * calls that the code makes.
 */

type Prefix = keyof typeof PREFIXES;
type ByStage<T> = Readonly<Record<Stage, T>>;

/** On the records bucket: reading, writing (compare-and-swap reads too) and deleting by prefix. */
export const RECORD_RIGHTS: ByStage<{
  readonly read: readonly Prefix[];
  readonly write: readonly Prefix[];
  readonly remove: readonly Prefix[];
}> = {
  // It seals sources and lists, and can't read them.
  api: {
    read: ['transfers', 'keys', 'hosts', 'batches', 'outcomes', 'boards', 'ops', 'waits', 'spent'],
    write: ['transfers', 'active', 'sealed', 'keys', 'batches', 'activeBatches', 'waits', 'open'],
    remove: ['active', 'sealed', 'open'],
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
    read: ['transfers', 'active', 'hosts', 'batches', 'activeBatches', 'outcomes', 'boards', 'open', 'spent'],
    write: ['transfers', 'hosts', 'notCompleted', 'corrupt', 'batches', 'outcomes', 'boards', 'spent'],
    remove: ['active', 'sealed', 'transfers', 'hosts', 'batches', 'activeBatches', 'outcomes', 'boards', 'open'],
  },
};

/** On what lies under the destination's prefix. */
export const OBJECT_RIGHTS: ByStage<readonly string[]> = {
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
export const BUCKET_RIGHTS: ByStage<readonly string[]> = {
  api: [],
  planner: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
  fetcher: ['s3:ListBucket'],
  finalizer: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
};

/** Of the notifier: who is to be notified, which it reads and deletes, and nothing else that is sealed. */
export const HOOK_RIGHTS = { read: ['sealedHooks'], remove: ['sealedHooks'] } as const satisfies Readonly<
  Record<string, readonly Prefix[]>
>;

/** To end a task of Step Functions: of the notifier, where the props let callers give tokens. */
export const TASK_RIGHTS: readonly string[] = ['states:SendTaskSuccess', 'states:SendTaskFailure'];

/** The queues to which each sends. */
export const SENDS: ByStage<readonly ('plans' | 'streams' | 'pieces' | 'results' | 'parked')[]> = {
  api: ['plans', 'results'],
  planner: ['plans', 'streams', 'pieces', 'results', 'parked'],
  fetcher: ['results', 'parked'],
  finalizer: ['plans', 'pieces', 'results', 'parked'],
};

/** Those that there are for notifications: ends come from the finalizer, tries that failed from the notifier itself. */
export const NOTIFICATION_SENDS = {
  finalizer: ['notifications'],
  notifier: ['notifications', 'notificationsDead', 'parked'],
} as const;
/** Those whose function each calls, and waits for: the API has the planner look at a source before a submit. */
export const CALLS: ByStage<readonly Stage[]> = { api: ['planner'], planner: [], fetcher: [], finalizer: [] };
export const CALL_RIGHT = 'lambda:InvokeFunction';

/** On the dead letters of plans, streams and results, of which the finalizer deletes those of what has ended. */
export const EMPTYING_RIGHTS: readonly string[] = [
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:ChangeMessageVisibility',
];

/**
 * Of a function in a VPC, on everything: Lambda makes its network interfaces with them.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export const NETWORK_RIGHTS: readonly string[] = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
