import type { ContextEntry, IAMClient } from '@aws-sdk/client-iam';
import { SimulateCustomPolicyCommand, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { serviceFailure } from '../../../../errors/foreign.ts';
import { sideBySide } from '../../../../pipeline/shared/side-by-side.ts';
import type { BucketRule, DeployedName } from '../../../names.ts';
import { EVENT_SOURCE, NOTIFIER, PREFIXES, STAGES } from '../../../names.ts';
import {
  BUCKET_RIGHTS,
  CALL_RIGHT,
  CALLS,
  EMPTYING_RIGHTS,
  HOOK_RIGHTS,
  NETWORK_RIGHTS,
  NOTIFICATION_SENDS,
  OBJECT_RIGHTS,
  RECORD_RIGHTS,
  SENDS,
  TASK_RIGHTS,
} from '../../../stage-rights.ts';
import type { Deployment, OfEachFunction } from '../../deployment/deployment.ts';
import { onService } from '../../on-service.ts';
import type { MissingRights } from '../seen.ts';
import { NOT_IMPLEMENTED, notOffered } from './attempt.ts';

/** Actions that a function needs on one resource. */
export interface WantedRights {
  readonly stage: DeployedName;
  readonly resource: string;
  readonly actions: readonly string[];
}

/** What an event source needs on its queue. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const CONSUMES = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const CONSUMED = {
  api: [],
  planner: ['plans', 'streams'],
  fetcher: ['pieces'],
  finalizer: ['results', 'piecesDead'],
} as const;
/** Of what lies under a prefix, one is asked for. */
const SAMPLE = 'piecework-doctor';

type Pair = readonly [resource: string, action: string];

/**
 * All that functions need of the records bucket, of destinations, of queues and of each other. Keys of KMS, sources and
 * secrets are the caller's own, and not in it.
 * @param account of a function's ARN: partition, Region and number
 * @param more the notifier ends tasks of Step Functions; these functions run in a VPC
 */
export function wantedRights(
  { recordsBucket, queueUrls, functions }: Pick<Deployment, 'recordsBucket' | 'queueUrls' | 'functions'>,
  destinations: readonly BucketRule[],
  { partition, region, account }: ArnParts,
  { endsTasks, inVpc }: { readonly endsTasks: boolean; readonly inVpc: readonly DeployedName[] },
): readonly WantedRights[] {
  const s3 = (path: string) => `arn:${partition}:s3:::${path}`;
  const sqs = (queue: keyof typeof queueUrls) =>
    `arn:${partition}:sqs:${region}:${account}:${queueUrls[queue]?.split('/').at(-1)}`;
  const lambda = (name: string) => `arn:${partition}:lambda:${region}:${account}:function:${name}`;
  const has = (queue: keyof typeof queueUrls) => queueUrls[queue] !== undefined;
  const ofStages = STAGES.flatMap((stage) => {
    const { read, write, remove } = RECORD_RIGHTS[stage];
    return grouped(stage, [
      ...read.map((prefix) => [recordAt(prefix), 's3:GetObject'] as const),
      ...write.map((prefix) => [recordAt(prefix), 's3:PutObject'] as const),
      ...remove.map((prefix) => [recordAt(prefix), 's3:DeleteObject'] as const),
      [s3(recordsBucket), 's3:ListBucket'],
      ...destinations.flatMap(({ bucket, prefix }) => [
        ...OBJECT_RIGHTS[stage].map((action) => [s3(`${bucket}/${prefix}${SAMPLE}`), action] as const),
        ...BUCKET_RIGHTS[stage].map((action) => [s3(bucket), action] as const),
      ]),
      ...[...SENDS[stage], ...(stage === 'finalizer' ? NOTIFICATION_SENDS.finalizer : [])]
        .filter(has)
        .map((queue) => [sqs(queue), 'sqs:SendMessage'] as const),
      ...CALLS[stage].map((other) => [lambda(functions[other]), CALL_RIGHT] as const),
      ...CONSUMED[stage].filter(has).flatMap((queue) => CONSUMES.map((action) => [sqs(queue), action] as const)),
      ...(stage === 'finalizer' ? (['plansDead', 'streamsDead', 'resultsDead'] as const) : [])
        .filter(has)
        .flatMap((queue) => EMPTYING_RIGHTS.map((action) => [sqs(queue), action] as const)),
    ]);
  });
  const ofNetwork = inVpc.map((stage) => ({ stage, resource: '*', actions: NETWORK_RIGHTS }));
  const all = [...ofStages, ...ofNetwork];
  return has('notifications') ? [...all, ...grouped(NOTIFIER, notifierPairs())] : all;

  function notifierPairs(): readonly Pair[] {
    const machine = `arn:${partition}:states:${region}:${account}:stateMachine:${SAMPLE}`;
    return [
      ...HOOK_RIGHTS.read.map((prefix) => [recordAt(prefix), 's3:GetObject'] as const),
      ...HOOK_RIGHTS.remove.map((prefix) => [recordAt(prefix), 's3:DeleteObject'] as const),
      [s3(recordsBucket), 's3:ListBucket'],
      ...NOTIFICATION_SENDS.notifier.map((queue) => [sqs(queue), 'sqs:SendMessage'] as const),
      ...CONSUMES.map((action) => [sqs('notifications'), action] as const),
      ...(endsTasks ? TASK_RIGHTS : []).map((action) => [machine, action] as const),
    ];
  }

  function recordAt(prefix: keyof typeof PREFIXES): string {
    return s3(`${recordsBucket}/${PREFIXES[prefix]}${SAMPLE}`);
  }
}

function grouped(stage: DeployedName, pairs: readonly Pair[]): readonly WantedRights[] {
  const byResource = Map.groupBy(pairs, ([resource]) => resource);
  return [...byResource].map(([resource, some]) => ({
    stage,
    resource,
    actions: [...new Set(some.map(([, action]) => action))],
  }));
}

export interface ArnParts {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** Of a function's. */
export function arnParts(arn: string): ArnParts {
  const [, partition = 'aws', , region = '', account = ''] = arn.split(':');
  return { partition, region, account };
}

const SIDE_BY_SIDE = 8;

/** What a stand-in or a policy may look at besides. */
const CONTEXT: ContextEntry[] = [
  { ContextKeyName: 'events:source', ContextKeyValues: [EVENT_SOURCE], ContextKeyType: 'stringList' },
  { ContextKeyName: 'aws:SecureTransport', ContextKeyValues: ['true'], ContextKeyType: 'boolean' },
];

/**
 * Those that IAM says are missing: nothing is done, it simulates. Policies of resources are not in that; "simulation of
 * resource-based policies isn't supported for IAM roles".
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 * @throws PieceworkError `HomeRefused`, `HomeUnavailable`.
 */
export async function readMissingRights(
  client: IAMClient,
  roleArns: OfEachFunction<string>,
  wanted: readonly WantedRights[],
): Promise<readonly MissingRights[]> {
  const missing: MissingRights[] = [];
  await sideBySide(wanted, SIDE_BY_SIDE, async ({ stage, resource, actions }) => {
    const { EvaluationResults = [] } = await onService(
      `the role ${roleArns[stage]}`,
      'iam:SimulatePrincipalPolicy',
      () =>
        client.send(
          new SimulatePrincipalPolicyCommand({
            PolicySourceArn: roleArns[stage],
            ActionNames: [...actions],
            ResourceArns: [resource],
            ContextEntries: CONTEXT,
          }),
        ),
    );
    for (const decision of ['explicitDeny', 'implicitDeny']) {
      const refused = EvaluationResults.flatMap(({ EvalActionName = '', EvalDecision }) =>
        EvalDecision === decision ? [EvalActionName] : [],
      );
      if (refused.length > 0)
        missing.push({ stage, actions: refused, resource, isDenied: decision === 'explicitDeny' });
    }
  });
  if (missing.length > 0 && (await isMistaken(client)))
    throw notOffered('policies are not simulated here as IAM does it, so nothing is known of rights');
  return missing;
}

const RULE = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::piecework/doctor/*' };

/**
 * Whether a simulation denies what a policy plainly allows, or knows only half of what IAM's does: a stand-in's. Asked
 * where something is said to be missing; who may not ask gets the answer as it is.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
 */
async function isMistaken(client: IAMClient): Promise<boolean> {
  const asked = new SimulateCustomPolicyCommand({
    PolicyInputList: [JSON.stringify({ Version: '2012-10-17', Statement: [RULE] })],
    ActionNames: [RULE.Action],
    ResourceArns: [`arn:aws:s3:::piecework/doctor/${SAMPLE}`],
  });
  try {
    const { EvaluationResults: [one] = [] } = await client.send(asked);
    return one?.EvalDecision !== 'allowed';
  } catch (error) {
    return serviceFailure(error).status === NOT_IMPLEMENTED;
  }
}
