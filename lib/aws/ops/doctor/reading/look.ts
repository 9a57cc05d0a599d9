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
import type { BucketRule } from '../../../names.ts';
import { DEPLOYED, STAGES } from '../../../names.ts';
import type { Deployment, DeploymentQueue, OfEachFunction, OfEachQueue } from '../../deployment/deployment.ts';
import { awsSwitches } from '../../pause/aws-switches.ts';
import { queueDepth } from '../../queue-depths.ts';
import { recordsView } from '../../read-only.ts';
import type { DeploymentSeen, DestinationSeen, NetworkSeen, Seen } from '../seen.ts';
import { readAges, readAlarms, readHasMetrics } from './alarms.ts';
import { attempt } from './attempt.ts';
import { readAbortDays, readUploads } from './destinations.ts';
import type { FunctionRead } from './functions.ts';
import { readConcurrency, readFunction } from './functions.ts';
import { ec2 } from './network/ec2.ts';
import { readNetwork } from './network/network.ts';
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
    const functions = (await ofEach(
      DEPLOYED.filter((name) => names[name] !== undefined),
      (name) => tried(() => readFunction(lambda, name, names[name] ?? '')),
    )) as Functions;
    const [eventSources, isScheduled, pause, depths, ages, concurrency, alarms, hasMetrics, records] =
      await Promise.all([
        tried(switches.eventSources),
        tried(switches.isScheduled),
        tried(async () => {
          const note = await view.read(KEYS.pause);
          return note === 'unreadable' ? undefined : note;
        }),
        ofEach(Object.keys(queueUrls) as DeploymentQueue[], (queue) =>
          tried(() => queueDepth(sqs, queueUrls[queue] ?? '')),
        ),
        tried(() => readAges(cloudWatch, deployment, now)),
        tried(() => readConcurrency(lambda)),
        tried(() => readAlarms(cloudWatch, deployment.alarms)),
        tried(() => readHasMetrics(cloudWatch, deployment)),
        tried(() => readOpenRecords(view)),
      ]);
    const rules = destinationRules(functions);
    const destinations: DeploymentSeen['destinations'] =
      'unseen' in rules ? rules : { value: await Promise.all(rules.value.map(readDestination)) };
    const rights = await tried(async () => {
      const reads = readOf(functions);
      const places = 'value' in rules ? rules.value : [];
      const more = {
        endsTasks: reads.notifier?.endsTasks === true,
        inVpc: DEPLOYED.filter((name) => reads[name]?.place !== undefined),
      };
      const wanted = wantedRights(deployment, places, arnParts(reads.finalizer.arn), more);
      const roleArns = Object.fromEntries(Object.entries(reads).map(([name, { roleArn }]) => [name, roleArn]));
      return await readMissingRights(iam, roleArns as unknown as OfEachFunction<string>, wanted);
    });
    const network = await tried(() => readNetworks(functions));
    return {
      now,
      version: VERSION,
      deployment,
      eventSources,
      isScheduled,
      pause,
      depths: depths as OfEachQueue<(typeof depths)[DeploymentQueue]>,
      ages,
      functions,
      concurrency,
      alarms,
      hasMetrics,
      records,
      destinations,
      rights,
      network,
    };
  } finally {
    for (const client of [lambda, s3, sqs, cloudWatch, iam]) client.destroy();
  }

  /** Those of functions that could be looked at. */
  async function readNetworks(seen: Functions): Promise<readonly NetworkSeen[]> {
    const places = Object.values(seen).flatMap((one) => ('value' in one && one.value.place ? [one.value.place] : []));
    const byVpc = Map.groupBy(places, ({ vpcId }) => vpcId);
    const ask = ec2(signal);
    return await Promise.all(
      [...byVpc].map(([vpcId, some]) =>
        readNetwork(ask, { vpcId, subnetIds: [...new Set(some.flatMap(({ subnetIds }) => subnetIds))] }),
      ),
    );
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

type Functions = OfEachFunction<Seen<FunctionRead>>;

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
function readOf(functions: Functions): OfEachFunction<FunctionRead> {
  return Object.fromEntries(
    Object.entries(functions).map(([name, seen]) => {
      if ('unseen' in seen) throw new PieceworkError('HomeRefused', seen.unseen);
      return [name, seen.value];
    }),
  ) as unknown as OfEachFunction<FunctionRead>;
}

async function ofEach<const K extends string, T>(
  keys: readonly K[],
  make: (key: K) => Promise<T>,
): Promise<Readonly<Record<K, T>>> {
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await make(key)]))) as Record<K, T>;
}
