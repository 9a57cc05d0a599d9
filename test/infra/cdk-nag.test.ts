import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test, vi } from 'vitest';
import type { PieceworkProps } from '../../cdk/props/props.ts';
import { pieceworkStack, testApp } from './cdk-template.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:ops';

const VPC = {
  vpcId: 'vpc-0a1b2c3d',
  availabilityZones: ['a', 'b'],
  privateSubnetIds: ['subnet-0a1b2c31', 'subnet-0a1b2c32'],
};

test.each<
  readonly [
    string,
    (scope: Parameters<NonNullable<Parameters<typeof pieceworkStack>[0]>>[0]) => Partial<PieceworkProps>,
  ]
>([
  ['as it comes', () => ({})],
  ['with a topic for alarms', (scope) => ({ alarmTopic: Topic.fromTopicArn(scope, 'Ops', TOPIC) })],
  ['with webhooks and task tokens', () => ({ webhooks: true, taskTokens: true, secretPrefixes: ['piecework/'] })],
  [
    'in a VPC, and with records that go with it',
    (scope) => ({
      vpc: { vpc: Vpc.fromVpcAttributes(scope, 'Vpc', VPC) },
      webhooks: true,
      removalPolicy: RemovalPolicy.DESTROY,
      autoDeleteRecords: true,
    }),
  ],
  ['with an API key', () => ({ auth: { kind: 'apiKey' } })],
  [
    'with a key for each consumer, and access logs',
    () => ({ auth: { kind: 'apiKey', keys: [{ name: 'ingest' }, { name: 'report' }] }, accessLog: {} }),
  ],
  [
    'with an authorizer',
    (scope) => ({
      auth: {
        kind: 'authorizer',
        authorizer: new TokenAuthorizer(scope, 'Own', {
          handler: LambdaFunction.fromFunctionName(scope, 'Judge', 'judge'),
        }),
      },
    }),
  ],
  [
    'with keys, a bucket of its own stack and one to read',
    (scope) => ({
      encryptionKey: new Key(scope, 'Key', { enableKeyRotation: true }),
      sealedKey: new Key(scope, 'Sealed', { enableKeyRotation: true }),
      destinations: [
        {
          bucket: Bucket.fromBucketArn(scope, 'Other', 'arn:aws:s3:::other'),
          encryptionKey: new Key(scope, 'Objects', { enableKeyRotation: true }),
        },
      ],
      sourceBuckets: [
        {
          bucket: Bucket.fromBucketName(scope, 'Source', 'source'),
          prefix: 'released/',
          encryptionKey: new Key(scope, 'Sources', { enableKeyRotation: true }),
        },
      ],
    }),
  ],
])('cdk-nag finds nothing unexplained: %s', async (_, props) => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const app = testApp({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  pieceworkStack(props, app);
  expect(await findings(app)).toEqual([]);
});

test('it would find something: a bucket of somebody else in the same app is not explained by ours', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const app = testApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  new Bucket(
    pieceworkStack(() => ({}), app),
    'Careless',
  );
  expect(await findings(app)).not.toEqual([]);
});

async function findings(app: App): Promise<readonly string[]> {
  try {
    app.synth();
    return [];
  } catch (error) {
    const report: unknown = JSON.parse(await readFile(join(app.outdir, 'validation-report.json'), 'utf8'));
    const text = JSON.stringify(report);
    const found = [...text.matchAll(/AwsSolutions-[A-Z0-9]+(\[[^"]*?\])?/g)].map(([id]) => id);
    return found.length > 0 ? [...new Set(found)] : [String(error)];
  }
}
