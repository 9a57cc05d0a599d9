import { Match } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import type { StackSettings } from '../../cdk/context/settings.ts';
import { stackSettings } from '../../cdk/context/settings.ts';
import { FORMS } from '../../cdk/context/table.ts';
import { PieceworkPropsError } from '../../cdk/props/props-error.ts';
import { PieceworkStack } from '../../cdk/stack.ts';
import { unpadded } from '../support/made-tables.ts';
import { documentedProps, propRows } from '../support/prop-rows.ts';
import { templateOf, testApp } from './cdk-template.ts';

const HERE = { destinations: 's3://abc/in/' };

const stackOf = (settings: StackSettings) =>
  new PieceworkStack(testApp(), 'Test', { settings: { ...HERE, ...settings } });

const read = (context: Record<string, unknown>) => stackSettings(testApp({ context }).node);

/** One text for each prop that the construct takes with it. */
const WRITTEN: Readonly<Record<keyof typeof FORMS, string>> = {
  destinations: 's3://abc/in/,s3://def',
  sourceBuckets: 's3://released/2026/',
  auth: 'apiKey',
  defaultOwner: 'team-a',
  ownership: 'change=owner,read=owner',
  quotas: 'open=100,bytesPerDay=1000000000000',
  tlsPolicy: 'SecurityPolicy_TLS13_1_3_2025_09',
  accessLog: 'true',
  throttle: 'ratePerSecond=5,burst=10',
  allowHosts: 'a.example,*.b.example',
  denyHosts: 'c.example',
  privateHosts: '*.b.example',
  ports: '443,22',
  schemes: 'https,sftp,s3',
  secretPrefixes: 'piecework/',
  webhooks: 'true',
  notify: 'url=https://a.example/hook,secret=secret://piecework/hook',
  taskTokens: 'true',
  vpc: 'vpc-0a1b2c3d,subnet-0c2d3e4f,subnet-0e3f4a5b',
  hostConnections: '32',
  maxFetchers: '100',
  maxPlanners: '20',
  maxStreams: '40',
  maxWaiting: '5',
  maxFinalizers: '3',
  pieceTimeout: '5m',
  planTimeout: '600s',
  resultsWindow: '2',
  fetcherMemoryMiB: '2048',
  plannerMemoryMiB: '512',
  encryptionKey: 'arn:aws:kms:eu-central-1:123456789012:key/11111111-1111-1111-1111-111111111111',
  sealedKey: 'arn:aws:kms:eu-central-1:123456789012:key/22222222-2222-2222-2222-222222222222',
  eventBus: 'arn:aws:events:eu-central-1:123456789012:event-bus/files',
  alarmTopic: 'arn:aws:sns:eu-central-1:123456789012:night',
  tracing: 'endpoint=http://localhost:4318,ratio=0.5,layer=arn:aws:lambda:eu-central-1:901920570463:layer:otel:1',
  dashboard: 'false',
  logRetention: '90',
  recordRetentionDays: '30',
  tags: 'team=files,cost:center=42',
  removalPolicy: 'destroy',
  autoDeleteRecords: 'true',
  architecture: 'x86_64',
  lateArrival: '1m',
};

test('each prop of the construct can be set from the context, and all of them together', () => {
  expect(Object.keys(WRITTEN).sort()).toEqual(Object.keys(FORMS).sort());
  const template = templateOf(stackOf(read(WRITTEN)));
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { ScalingConfig: { MaximumConcurrency: 100 } });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Timeout: 300,
    MemorySize: 2048,
    Architectures: ['x86_64'],
  });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmActions: [WRITTEN.alarmTopic] });
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  template.hasResourceProperties('AWS::ApiGateway::Stage', {
    MethodSettings: Match.arrayWith([Match.objectLike({ ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 })]),
  });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: Match.objectLike({
        PIECEWORK_DESTINATIONS: Match.serializedJson([
          { bucket: 'abc', prefix: 'in/' },
          { bucket: 'def', prefix: '' },
        ]),
        PIECEWORK_SOURCES: Match.serializedJson(
          Match.objectLike({
            allowHosts: ['a.example', '*.b.example'],
            ports: [443, 22],
            buckets: [{ bucket: 'released', prefix: '2026/' }],
          }),
        ),
        PIECEWORK_OWNERSHIP: Match.serializedJson({ change: 'owner', read: 'owner' }),
        PIECEWORK_QUOTAS: Match.serializedJson({ open: 100, bytesPerDay: 1_000_000_000_000 }),
      }),
    },
  });
});

test('what cdk.json writes as numbers and lists is read as from the command line; names of the CDK are left alone', () => {
  expect(
    read({ maxFetchers: 100, ports: [443, 22], '@aws-cdk/core:x': true, 'aws:cdk:y': 1, stackName: 'Files' }),
  ).toEqual({ maxFetchers: '100', ports: '443,22' });
});

test.each<readonly [string, Record<string, unknown>, RegExp]>([
  ['a name that is none', { retries: '5' }, /-c retries=… is no setting; there are destinations, /],
  ['a name that is misspelt', { alarmTopicArn: 'x' }, /-c alarmTopicArn=… is no setting; is alarmTopic meant\?/],
  ['another letter case', { maxfetchers: '100' }, /-c maxfetchers=… is no setting; is maxFetchers meant\?/],
  ['an object', { throttle: { burst: 1 } }, /the context's throttle must be a text, a number, or a list/],
  ['a time that is none', { pieceTimeout: 'long' }, /pieceTimeout is written as 20s, 2m, and is "long"/],
  ['a number that is none', { maxFetchers: 'many' }, /maxFetchers is written as NUMBER, and is "many"/],
  ['a number out of bounds', { maxFetchers: '1' }, /maxFetchers must be a whole number from 2 to 1000, and is 1/],
  ['a topic by its name', { alarmTopic: 'night' }, /alarmTopic is written as arn:aws:sns:…, and is "night"/],
  ['the ARN of another service', { sealedKey: WRITTEN.alarmTopic }, /sealedKey is written as arn:aws:kms:…/],
  ['days that CloudWatch does not have', { logRetention: '31' }, /logRetention is written as DAYS, forever/],
  ['a VPC without subnets', { vpc: 'vpc-0a1b2c3d' }, /vpc is written as vpc-ID,subnet-ID,… ?, and is "vpc-0a1b2c3d"/],
  ['an unknown policy', { removalPolicy: 'keep' }, /removalPolicy is written as retain or destroy, and is "keep"/],
  ['half of a pair', { throttle: '50' }, /throttle is written as ratePerSecond=50,burst=100, and is "50"/],
  ['a pair of another name', { ownership: 'write=owner' }, /ownership has no setting "write"/],
  ['a port that is none', { ports: 'https' }, /ports must be a list of whole numbers/],
  ['a word that objects have', { architecture: 'constructor' }, /architecture is written as arm64 or x86_64/],
])('%s is refused in a sentence', (_, context, sentence) => {
  const make = () => stackOf(read(context));
  expect(make).toThrow(PieceworkPropsError);
  expect(make).toThrow(sentence);
});

test('docs/deploy.md has each prop, its form and its default', () => {
  expect(documentedProps(), 'node test/support/prop-rows.ts, then npm run format').toBe(unpadded(propRows()));
});
