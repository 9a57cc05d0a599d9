import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll } from 'vitest';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import type { Receiver } from '../support/webhook-receiver.ts';
import { startReceiver } from '../support/webhook-receiver.ts';
import { bootstrap, deploy, destroy } from './deploy.ts';
import type { OtherSources } from './other-sources.ts';
import { SOURCE_BUCKET, startOtherSources } from './other-sources.ts';
import { bucketsOf, clientOf, Pipeline, PREFIX } from './pipeline.ts';
import type { Cloud } from './stand-in.ts';
import { startCloud } from './stand-in.ts';

// The deployment that all tests of the suite share: the functions, sources to bring from, buckets to write to.

export const MIB = 1024 ** 2;

export const STACK = 'PieceworkE2e';

export const SECRET = 'a-token-that-must-never-be-seen';

/** The suite's sources are on this machine, which stand-ins reach and AWS does not. */
export const here = (process.env['STAND_IN'] ?? 'ministack') !== 'aws';
export let cloud: Cloud;
export let origin: Origin;
export let pipeline: Pipeline;
export let context: Record<string, string>;
export let eventsQueueUrl: string;
export let others: OtherSources;
/** Takes webhooks; what it answers can be changed. */
export let receiver: Receiver & { answer: number };

beforeAll(async () => {
  cloud = await startCloud();
  origin = await startOrigin();
  others = await startOtherSources(cloud, SECRET);
  receiver = Object.assign(await startReceiver(() => receiver.answer), { answer: 204 });
  const buckets = bucketsOf(cloud);
  context = {
    destinations: `s3://${buckets.target}/${PREFIX},s3://${buckets.denied}/,s3://${buckets.missing}/`,
    standIn: 'true',
    ports: ['80', '443', origin.port, receiver.port, ...others.ports].join(','),
    sourceBuckets: SOURCE_BUCKET,
    privateHosts: '127.0.0.1',
    webhooks: 'true',
    taskTokens: 'true',
  };
  await bootstrap(cloud);
  pipeline = new Pipeline(cloud, await deploy(cloud, STACK, context));
  await prepare(buckets);
}, 600_000);

afterAll(async () => {
  if (cloud?.kind === 'aws') await destroy(cloud, STACK, context);
  await origin?.[Symbol.asyncDispose]();
  await others?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
  await cloud?.[Symbol.asyncDispose]();
}, 600_000);

/** Buckets to write to, one of which refuses, and a queue that hears the events. */
async function prepare(buckets: ReturnType<typeof bucketsOf>): Promise<void> {
  for (const Bucket of [buckets.target, buckets.denied]) await pipeline.s3.send(new CreateBucketCommand({ Bucket }));
  const statement = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${buckets.denied}/*`,
  };
  await pipeline.s3.send(
    new PutBucketPolicyCommand({
      Bucket: buckets.denied,
      Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  );
  const { QueueUrl = '' } = await pipeline.sqs.send(new CreateQueueCommand({ QueueName: `${STACK}-events` }));
  eventsQueueUrl = QueueUrl;
  const { Attributes } = await pipeline.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const Arn = Attributes?.QueueArn ?? '';
  const allow = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: Arn,
  };
  await pipeline.sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl,
      Attributes: { Policy: JSON.stringify({ Version: '2012-10-17', Statement: [allow] }) },
    }),
  );
  const events = new EventBridgeClient(clientOf(cloud));
  await events.send(
    new PutRuleCommand({ Name: `${STACK}-all`, EventPattern: JSON.stringify({ source: ['piecework'] }) }),
  );
  await events.send(new PutTargetsCommand({ Rule: `${STACK}-all`, Targets: [{ Id: 'queue', Arn }] }));
}

export const serve = (name: string, size: number, seed?: number) =>
  origin.serve(`/${name}`, { size, ...(seed === undefined ? {} : { seed }) });
