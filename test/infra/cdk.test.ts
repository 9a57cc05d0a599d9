import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { describe, expect, test } from 'vitest';
import { ENV, NEEDS, STAGES } from '../../lib/aws/names.ts';
import { pieceworkStack, readable, resourcesOf, templateOf, testApp } from './cdk-template.ts';

const template = templateOf(
  pieceworkStack(() => ({}), testApp({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } })),
);

const functionOf = (stage: string) => {
  const [found] = resourcesOf(template, 'AWS::Lambda::Function').filter(([id]) =>
    id.toLowerCase().startsWith(`piecework${stage}stage`),
  );
  if (found === undefined) throw new Error(`no function ${stage}`);
  return { id: found[0], properties: found[1].Properties as unknown as Record<string, unknown> };
};

/** By logical id without its hash. */
const queue = (name: string) => {
  const [found] = resourcesOf(template, 'AWS::SQS::Queue').filter(
    ([id]) => id.replace(/[0-9A-F]{8}$/, '') === `Piecework${name}`,
  );
  if (found === undefined) throw new Error(`no queue ${name}`);
  return found[1].Properties as unknown as Record<string, unknown>;
};

describe('functions', () => {
  test('all run Node 24 on arm64 with readable traces, and log for a month to a group of their own', () => {
    expect(resourcesOf(template, 'AWS::Lambda::Function')).toHaveLength(4);
    for (const stage of STAGES) {
      expect(functionOf(stage).properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        Environment: {
          Variables: { NODE_OPTIONS: '--enable-source-maps', POWERTOOLS_SERVICE_NAME: `piecework-${stage}` },
        },
      });
      expect(readable((functionOf(stage).properties['LoggingConfig'] as { LogGroup: unknown }).LogGroup)).toMatch(
        new RegExp(`^\\{Piecework${stage}StageLog\\}$`, 'i'),
      );
    }
    template.resourcePropertiesCountIs('AWS::Logs::LogGroup', { RetentionInDays: 30 }, 4);
  });

  test.each([
    ['api', 29, 512],
    ['planner', 900, 1024],
    ['fetcher', 120, 1024],
    ['finalizer', 60, 512],
  ])('%s ends after %i s and has %i MiB', (stage, timeout, memory) => {
    expect(functionOf(stage).properties).toMatchObject({ Timeout: timeout, MemorySize: memory });
  });

  test('those that call each other through queues may do so for as long as a transfer needs', () => {
    for (const stage of ['planner', 'fetcher', 'finalizer'])
      expect(functionOf(stage).properties['RecursiveLoop']).toBe('Allow');
    expect(functionOf('api').properties).not.toHaveProperty('RecursiveLoop');
  });

  test('each is told what it needs and no more', () => {
    for (const stage of STAGES) {
      const { Variables } = functionOf(stage).properties['Environment'] as { Variables: Record<string, unknown> };
      const own = Object.keys(Variables).filter((name) => name.startsWith('PIECEWORK_'));
      expect(own.sort()).toEqual(NEEDS[stage].map((name) => ENV[name]).sort());
    }
  });
});

describe('queues', () => {
  test('all are encrypted, speak TLS only and keep messages for two weeks', () => {
    const queues = resourcesOf(template, 'AWS::SQS::Queue');
    expect(queues).toHaveLength(9);
    template.resourcePropertiesCountIs(
      'AWS::SQS::Queue',
      { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 },
      9,
    );
    const denied = resourcesOf(template, 'AWS::SQS::QueuePolicy').map(([, { Properties }]) =>
      JSON.stringify(Properties['PolicyDocument']),
    );
    expect(denied).toHaveLength(9);
    for (const policy of denied) expect(policy).toMatch(/"aws:SecureTransport":"false".*"Effect":"Deny"/);
  });

  test.each([
    ['PlansQueue', 910, 'PlansDead', 4],
    // Six times: an account without room is no dead worker (ADR 37).
    ['PiecesQueue', 730, 'PiecesDead', 4],
    ['ResultsQueue', 70, 'ResultsDead', 4],
    // Twice: the four of the pieces' queue may be counted on, and the finalizer must get it all the same.
    ['PiecesDead', 70, 'Parked', 8],
  ])(
    '%s hides a message for %i s, longer than its function lives, and gives up to %s after %i deliveries',
    (name, visibility, dead, deliveries) => {
      expect(queue(name)['VisibilityTimeout']).toBe(visibility);
      const { deadLetterTargetArn, maxReceiveCount } = queue(name)['RedrivePolicy'] as {
        deadLetterTargetArn: unknown;
        maxReceiveCount: number;
      };
      expect([readable(deadLetterTargetArn), maxReceiveCount]).toEqual([`{Piecework${dead}}`, deliveries]);
    },
  );

  test.each([
    ['PlansQueue', 'Planner', { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 10 } }],
    ['PiecesQueue', 'Fetcher', { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 25 } }],
    [
      'ResultsQueue',
      'Finalizer',
      { BatchSize: 500, MaximumBatchingWindowInSeconds: 1, ScalingConfig: { MaximumConcurrency: 2 } },
    ],
    ['PiecesDead', 'Finalizer', { BatchSize: 10, ScalingConfig: { MaximumConcurrency: 2 } }],
  ])('%s feeds the %s, message by message, never faster than it can', (name, stage, expected) => {
    const [mapping] = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').filter(
      ([, { Properties }]) => readable(Properties['EventSourceArn']) === `{Piecework${name}}`,
    );
    expect(mapping?.[1].Properties).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'], ...expected });
    expect(readable(mapping?.[1].Properties['FunctionName'])).toBe(`{Piecework${stage}StageFunction}`);
  });
});

test('the records bucket is private, encrypted, TLS 1.2 only, stays with the account, and forgets by itself', () => {
  template.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'Retain',
    Properties: {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: {
        Rules: [
          { Id: 'incomplete-uploads', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
          { Id: 'old-records', Prefix: 'transfers/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'old-failures', Prefix: 'not-completed/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'old-keys', Prefix: 'keys/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'old-sealed-sources', Prefix: 'sealed/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'old-batches', Prefix: 'batches/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'old-outcomes', Prefix: 'outcomes/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'old-boards', Prefix: 'boards/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'old-spent', Prefix: 'spent/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'old-waits', Prefix: 'waits/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'old-hosts', Prefix: 'hosts/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'old-damage', Prefix: 'corrupt/', ExpirationInDays: 90, Status: 'Enabled' },
        ],
      },
    },
  });
  const [policy] = resourcesOf(template, 'AWS::S3::BucketPolicy').map(([, { Properties }]) =>
    JSON.stringify(Properties['PolicyDocument']),
  );
  expect(policy).toMatch(/"aws:SecureTransport":"false"/);
  expect(policy).toMatch(/"s3:TlsVersion":1.2/);
  expect(policy).not.toMatch(/"Effect":"Allow"/);
});

test('a schedule wakes the finalizer each minute', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [
      Match.objectLike({ Arn: { 'Fn::GetAtt': [functionOf('finalizer').id, 'Arn'] }, Input: '{"kind":"schedule"}' }),
    ],
  });
});

test('outputs name the API, the queues and the bucket under the name of the construct', () => {
  const names = Object.keys(template.findOutputs('*')).filter((name) => !/Endpoint[0-9A-F]{8}$/.test(name));
  expect(names.sort()).toEqual(
    [
      'ApiId',
      'ApiUrl',
      'RecordsBucket',
      'PlansQueueUrl',
      'StreamsQueueUrl',
      'PiecesQueueUrl',
      'ResultsQueueUrl',
      'PlansDeadQueueUrl',
      'StreamsDeadQueueUrl',
      'PiecesDeadQueueUrl',
      'ResultsDeadQueueUrl',
      'ParkedQueueUrl',
    ]
      .map((name) => `Piecework${name}`)
      .sort(),
  );
});

test('props reach what they are about', () => {
  const other = templateOf(
    pieceworkStack((scope) => ({
      eventBus: new EventBus(scope, 'Bus'),
      privateHosts: ['10.1.2.3'],
      maxFetchers: 100,
      pieceTimeout: Duration.seconds(30),
      removalPolicy: RemovalPolicy.DESTROY,
      hostConnections: 64,
      resultsWindow: Duration.seconds(2),
      defaultOwner: 'somebody',
      ownership: { read: 'owner' },
    })),
  );
  other.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    BatchSize: 1,
    ScalingConfig: { MaximumConcurrency: 100 },
  });
  other.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    BatchSize: 500,
    MaximumBatchingWindowInSeconds: 2,
  });
  other.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
  other.hasResourceProperties('AWS::Lambda::Function', {
    Timeout: 30,
    Environment: {
      Variables: Match.objectLike({
        PIECEWORK_PIECE_TIMEOUT_SECONDS: '30',
        PIECEWORK_HOST_CONNECTIONS: '64',
        PIECEWORK_SOURCES: Match.serializedJson(Match.objectLike({ privateHosts: ['10.1.2.3'] })),
      }),
    },
  });
  other.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ PIECEWORK_EVENT_BUS: { Ref: Match.stringLikeRegexp('^Bus') } }) },
  });
  other.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: Match.objectLike({
        PIECEWORK_DEFAULT_OWNER: 'somebody',
        PIECEWORK_OWNERSHIP: '{"change":"owner","read":"owner"}',
        POWERTOOLS_SERVICE_NAME: 'piecework-api',
      }),
    },
  });
});
