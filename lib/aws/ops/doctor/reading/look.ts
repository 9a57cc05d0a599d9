import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { PieceworkError } from '../../../../errors/error.ts';
import { KEYS } from '../../../../records/records.ts';
import { systemClock } from '../../../../system/clock.ts';
import { prefixOfAll } from '../../../../values/text/owner-name.ts';
import { VERSION } from '../../../../values/version.ts';
import type { BucketRule, Stage } from '../../../names.ts';
import { STAGES } from '../../../names.ts';
import type { Deployment, QueueName } from '../../deployment/deployment.ts';
import { QUEUES } from '../../deployment/deployment.ts';
import { awsSwitches } from '../../pause/aws-switches.ts';
import { queueDepth } from '../../queue-depths.ts';
import { recordsView } from '../../read-only.ts';
import type { DeploymentSeen, DestinationSeen, Seen } from '../seen.ts';
import { readAges, readAlarms } from './alarms.ts';
import { attempt } from './attempt.ts';
import { readAbortDays, readUploads } from './destinations.ts';
import type { FunctionRead } from './functions.ts';
import { readConcurrency, readFunction } from './functions.ts';
import { readOpenRecords } from './records.ts';
import { arnParts, readMissingRights, wantedRights } from './rights.ts';

/** Reads all that `examine` looks at, and changes nothing. What can't be read says so in its place. */
export async function lookAt(deployment: Deployment, signal: AbortSignal): Promise<DeploymentSeen> {
  const [lambda, s3, sqs] = [new LambdaClient({}), new S3Client({}), new SQSClient({})];
  const [cloudWatch, iam] = [new CloudWatchClient({}), new IAMClient({})];
  using switches = awsSwitches(deployment);
  const { recordsBucket, queueUrls, functions: names } = deployment;
  const now = systemClock.now();
  const view = recordsView(s3, recordsBucket);
  const tried = <T>(read: () => Promise<T>) => attempt(signal, read);
  try {
    const functions = await ofEach(STAGES, (stage) => tried(() => readFunction(lambda, stage, names[stage])));
    const [eventSources, isScheduled, pause, depths, ages, concurrency, alarms, records] = await Promise.all([
      tried(switches.eventSources),
      tried(switches.isScheduled),
      tried(async () => {
        const note = await view.read(KEYS.pause);
        return note === 'unreadable' ? undefined : note;
      }),
      ofEach(QUEUES, (queue) => tried(() => queueDepth(sqs, queueUrls[queue]))),
      tried(() => readAges(cloudWatch, deployment, now)),
      tried(() => readConcurrency(lambda)),
      tried(() => readAlarms(cloudWatch, deployment.alarms)),
      tried(() => readOpenRecords(view)),
    ]);
    const rules = destinationRules(functions);
    const destinations: DeploymentSeen['destinations'] =
      'unseen' in rules ? rules : { value: await Promise.all(rules.value.map(readDestination)) };
    const rights = await tried(async () => {
      const reads = readOf(functions);
      const wanted = wantedRights(deployment, 'value' in rules ? rules.value : [], arnParts(reads.finalizer.arn));
      return await readMissingRights(iam, await ofEach(STAGES, async (stage) => reads[stage].roleArn), wanted);
    });
    return {
      now,
      version: VERSION,
      deployment,
      eventSources,
      isScheduled,
      pause,
      depths: depths as Record<QueueName, (typeof depths)[QueueName]>,
      ages,
      functions,
      concurrency,
      alarms,
      records,
      destinations,
      rights,
    };
  } finally {
    for (const client of [lambda, s3, sqs, cloudWatch, iam]) client.destroy();
  }

  async function readDestination(rule: BucketRule): Promise<DestinationSeen> {
    const roles = Object.values(deployment.roles);
    const [abortsAfterDays, uploads] = await Promise.all([
      tried(() => readAbortDays(s3, rule)),
      tried(() => readUploads(s3, rule, roles)),
    ]);
    return { rule, abortsAfterDays, uploads };
  }
}

type Functions = Readonly<Record<Stage, Seen<FunctionRead>>>;

/** Where transfers may write: all functions have the same. */
function destinationRules(functions: Functions): Seen<readonly BucketRule[]> {
  const all = STAGES.map((stage) => functions[stage]);
  const environment = all.map((seen) => ('value' in seen ? seen.value.environment : undefined)).find(Boolean);
  // Owners' prefixes as IAM knows them.
  if (environment !== undefined)
    return { value: environment.destinations.map(({ bucket, prefix }) => ({ bucket, prefix: prefixOfAll(prefix) })) };
  const [refused] = all.flatMap((seen) => ('unseen' in seen ? [seen] : []));
  return refused ?? { unseen: 'the environment of no function says where transfers may write' };
}

/** @throws PieceworkError `HomeRefused`: one of them could not be looked at. */
function readOf(functions: Functions): Readonly<Record<Stage, FunctionRead>> {
  return Object.fromEntries(
    STAGES.map((stage) => {
      const seen = functions[stage];
      if ('unseen' in seen) throw new PieceworkError('HomeRefused', seen.unseen);
      return [stage, seen.value];
    }),
  ) as Record<Stage, FunctionRead>;
}

async function ofEach<const K extends string, T>(
  keys: readonly K[],
  make: (key: K) => Promise<T>,
): Promise<Readonly<Record<K, T>>> {
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await make(key)]))) as Record<K, T>;
}
