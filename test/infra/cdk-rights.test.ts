import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import type { Statement } from './cdk-template.ts';
import { pieceworkStack, readable, resourcesOf, rights, statementsOf, templateOf, testApp } from './cdk-template.ts';

const template = templateOf(pieceworkStack());

/** What each function needs to be a function with a log and a queue. */
const logs = (stage: string) => [
  `Allow logs:CreateLogStream on {Piecework${stage}StageLog}`,
  `Allow logs:PutLogEvents on {Piecework${stage}StageLog}`,
];
const consumes = (queue: string) =>
  ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'].map(
    (action) => `Allow sqs:${action} on {Piecework${queue}}`,
  );
const sends = (...queues: string[]) => queues.map((queue) => `Allow sqs:SendMessage on {Piecework${queue}}`);
const records = (action: string, ...prefixes: string[]) =>
  prefixes.map((prefix) => `Allow s3:${action} on {PieceworkRecords}/${prefix}/*`);
const objects = (...actions: string[]) => actions.map((action) => `Allow s3:${action} on arn:aws:s3:::target/in/*`);
const buckets = (...actions: string[]) => actions.map((action) => `Allow s3:${action} on arn:aws:s3:::target`);

const LISTS_RECORDS = 'Allow s3:ListBucket on {PieceworkRecords}';
// In no other source's name.
const ONLY_OURS = '{"ForAllValues:StringEquals":{"events:source":"piecework"},"Null":{"events:source":"false"}}';
const SENDS_EVENTS = `Allow events:PutEvents on arn:aws:events:{AWS::Region}:{AWS::AccountId}:event-bus/default if ${ONLY_OURS}`;

const EXPECTED = {
  Api: [
    ...logs('Api'),
    ...records('GetObject', 'transfers', 'keys', 'hosts', 'batches', 'outcomes', 'boards', 'ops', 'waits', 'spent'),
    ...records('PutObject', 'transfers', 'active', 'sealed', 'keys', 'batches', 'active-batches', 'waits', 'open'),
    ...records('DeleteObject', 'active', 'sealed', 'open'),
    LISTS_RECORDS,
    ...objects('ListMultipartUploadParts'),
    'Allow s3:GetObject on arn:aws:s3:::target/in/*piecework-report-*.jsonl',
    ...sends('PlansQueue', 'ResultsQueue'),
    'Allow lambda:InvokeFunction on {PieceworkPlannerStageFunction}',
    SENDS_EVENTS,
  ],
  Planner: [
    ...logs('Planner'),
    ...records('GetObject', 'transfers', 'sealed', 'hosts', 'batches', 'outcomes', 'boards'),
    ...records('PutObject', 'transfers', 'active', 'hosts', 'sealed', 'batches', 'outcomes', 'boards'),
    ...records('DeleteObject', 'sealed/batches'),
    LISTS_RECORDS,
    ...objects('PutObject', 'PutObjectTagging', 'GetObject', 'ListMultipartUploadParts', 'AbortMultipartUpload'),
    'Allow s3:GetObjectVersion on arn:aws:s3:::target/in/*.piecework-*',
    ...buckets('ListBucket', 'ListBucketMultipartUploads'),
    ...consumes('PlansQueue'),
    ...consumes('StreamsQueue'),
    ...sends('PlansQueue', 'StreamsQueue', 'PiecesQueue', 'ResultsQueue', 'Parked'),
    SENDS_EVENTS,
  ],
  Fetcher: [
    ...logs('Fetcher'),
    ...records('GetObject', 'transfers', 'sealed', 'hosts', 'batches', 'outcomes'),
    ...records('PutObject', 'hosts', 'outcomes'),
    LISTS_RECORDS,
    ...objects('PutObject', 'PutObjectTagging', 'GetObject'),
    ...buckets('ListBucket'),
    ...consumes('PiecesQueue'),
    ...sends('ResultsQueue', 'Parked'),
  ],
  Finalizer: [
    ...logs('Finalizer'),
    ...records('GetObject', 'transfers', 'active', 'hosts', 'batches', 'active-batches', 'outcomes', 'boards'),
    ...records('PutObject', 'transfers', 'hosts', 'not-completed', 'corrupt', 'batches', 'outcomes', 'boards'),
    ...records('GetObject', 'open', 'spent'),
    ...records('PutObject', 'spent'),
    ...records('DeleteObject', 'active', 'sealed', 'transfers', 'hosts', 'open'),
    ...records('DeleteObject', 'batches', 'active-batches', 'outcomes', 'boards'),
    LISTS_RECORDS,
    ...objects('GetObject', 'ListMultipartUploadParts', 'AbortMultipartUpload'),
    ...buckets('ListBucket', 'ListBucketMultipartUploads'),
    'Allow s3:DeleteObject on arn:aws:s3:::target/in/*.piecework-*',
    ...consumes('ResultsQueue'),
    ...consumes('PiecesDead'),
    ...['PlansDead', 'StreamsDead', 'ResultsDead'].flatMap((queue) =>
      ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility'].map(
        (action) => `Allow sqs:${action} on {Piecework${queue}}`,
      ),
    ),
    ...sends('PlansQueue', 'PiecesQueue', 'ResultsQueue', 'Parked'),
    SENDS_EVENTS,
  ],
};

describe('each function may do exactly this', () => {
  for (const [stage, expected] of Object.entries(EXPECTED)) {
    test(stage, () => {
      expect(rights(statementsOf(template, stage))).toEqual([...new Set(expected)].sort());
    });
  }

  test('and no role has a managed policy or a star of its own', () => {
    for (const [, role] of resourcesOf(template, 'AWS::IAM::Role'))
      expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
    const all = Object.keys(EXPECTED).flatMap((stage) => statementsOf(template, stage));
    const stars = all.filter(({ Action, Resource }) =>
      [Action, Resource].flat().some((text) => text === '*' || /:\*$/.test(String(text))),
    );
    expect(stars).toEqual([]);
    expect(resourcesOf(template, 'AWS::IAM::Policy')).toHaveLength(4);
    expect(resourcesOf(template, 'AWS::IAM::Role')).toHaveLength(4);
  });
});

test('a KMS key of a destination may be used by those who write and complete, one of the records by all', () => {
  const stack = pieceworkStack((scope) => ({
    destinations: [
      { bucket: Bucket.fromBucketName(scope, 'Secret', 'secret'), encryptionKey: new Key(scope, 'ObjectKey') },
    ],
    encryptionKey: new Key(scope, 'RecordKey'),
  }));
  const withKeys = templateOf(stack);
  const kms = (stage: string) => rights(statementsOf(withKeys, stage)).filter((line) => line.includes('kms:'));
  const recordKey = ['Allow kms:Decrypt on {RecordKey}', 'Allow kms:GenerateDataKey on {RecordKey}'];
  const objectKey = ['Allow kms:Decrypt on {ObjectKey}', 'Allow kms:GenerateDataKey on {ObjectKey}'];
  // What its links to reports read.
  expect(kms('Api')).toEqual(['Allow kms:Decrypt on {ObjectKey}', ...recordKey]);
  expect(kms('Planner')).toEqual([...objectKey, ...recordKey].sort());
  expect(kms('Fetcher')).toEqual([...objectKey, ...recordKey].sort());
  expect(kms('Finalizer')).toEqual(['Allow kms:Decrypt on {ObjectKey}', ...recordKey].sort());
  const encryption = resourcesOf(withKeys, 'AWS::S3::Bucket').map(([, { Properties }]) =>
    JSON.stringify(Properties['BucketEncryption']),
  );
  expect(encryption).toHaveLength(1);
  expect(encryption[0]).toMatch(/"SSEAlgorithm":"aws:kms"/);
});

test('a key of what is sealed is used by API and planner to seal, by planner and fetcher to read, and by no other', () => {
  const withKey = templateOf(pieceworkStack((scope) => ({ sealedKey: new Key(scope, 'SealedKey') })));
  const kms = (stage: string) => rights(statementsOf(withKey, stage)).filter((line) => line.includes('kms:'));
  expect(kms('Api')).toEqual(['Allow kms:GenerateDataKey on {SealedKey}']);
  expect(kms('Planner')).toEqual(['Allow kms:Decrypt on {SealedKey}', 'Allow kms:GenerateDataKey on {SealedKey}']);
  expect(kms('Fetcher')).toEqual(['Allow kms:Decrypt on {SealedKey}']);
  expect(kms('Finalizer')).toEqual([]);
  const named = resourcesOf(withKey, 'AWS::Lambda::Function').filter(([, { Properties }]) =>
    JSON.stringify(Properties['Environment']).includes('PIECEWORK_SEALED_KEY'),
  );
  expect(named.map(([id]) => id)).toEqual([
    expect.stringMatching(/^PieceworkApiStage/),
    expect.stringMatching(/^PieceworkPlannerStage/),
  ]);
});

test('of all principals only planner and fetcher may read what is sealed; to list, write and delete it is not denied', () => {
  const [policy] = resourcesOf(template, 'AWS::S3::BucketPolicy').map(
    ([, { Properties }]) => Properties as unknown as { PolicyDocument: { Statement: BucketStatement[] } },
  );
  const sealed = policy?.PolicyDocument.Statement.filter(({ Sid }) => Sid === 'SealedSources') ?? [];
  expect(
    sealed.map(({ Effect, Principal, Action, Resource, Condition }) => ({
      Effect,
      Principal,
      Action,
      Resource: readable(Resource),
      operators: Object.keys(Condition ?? {}),
      readers: Condition?.ArnNotEquals['aws:PrincipalArn'].map(readable),
    })),
  ).toEqual([
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectVersionForReplication'],
      Resource: '{PieceworkRecords}/sealed/*',
      operators: ['ArnNotEquals'],
      readers: ['{PieceworkPlannerStageRole}', '{PieceworkFetcherStageRole}'],
    },
  ]);
});

interface BucketStatement extends Statement {
  readonly Principal: unknown;
  readonly Condition?: { readonly ArnNotEquals: { readonly 'aws:PrincipalArn': readonly unknown[] } };
}

test('two destinations are two sets of objects, and a bucket that is named twice is one', () => {
  const stack = pieceworkStack((scope) => {
    const bucket = Bucket.fromBucketName(scope, 'Shared', 'shared');
    return {
      destinations: [
        { bucket, prefix: 'a/' },
        { bucket, prefix: 'b/' },
        { bucket: Bucket.fromBucketName(scope, 'Other', 'other') },
      ],
    };
  }, testApp());
  const lines = rights(statementsOf(templateOf(stack), 'Fetcher')).filter((line) =>
    line.startsWith('Allow s3:PutObject on arn'),
  );
  expect(lines).toEqual([
    'Allow s3:PutObject on arn:aws:s3:::other/*',
    'Allow s3:PutObject on arn:aws:s3:::shared/a/*',
    'Allow s3:PutObject on arn:aws:s3:::shared/b/*',
  ]);
  const listed = rights(statementsOf(templateOf(stack), 'Finalizer')).filter((line) =>
    line.startsWith('Allow s3:ListBucket on arn'),
  );
  expect(listed).toEqual(['Allow s3:ListBucket on arn:aws:s3:::other', 'Allow s3:ListBucket on arn:aws:s3:::shared']);
});

test('an ACL may be set where the props say so, by planner and fetcher alone', () => {
  const stack = pieceworkStack((scope) => ({
    destinations: [
      { bucket: Bucket.fromBucketName(scope, 'Open', 'open'), prefix: 'p/', acls: true },
      { bucket: Bucket.fromBucketName(scope, 'Shut', 'shut') },
    ],
  }));
  const acls = Object.keys(EXPECTED).flatMap((stage) =>
    rights(statementsOf(templateOf(stack), stage))
      .filter((line) => line.includes('Acl'))
      .map((line) => `${stage}: ${line}`),
  );
  expect(acls).toEqual([
    'Planner: Allow s3:PutObjectAcl on arn:aws:s3:::open/p/*',
    'Fetcher: Allow s3:PutObjectAcl on arn:aws:s3:::open/p/*',
  ]);
});

test('secrets by reference: those that begin with a prefix, read by those who contact sources', () => {
  const stack = templateOf(pieceworkStack(() => ({ secretPrefixes: ['piecework/', 'mirrors/'] })));
  const secrets = (stage: string) =>
    rights(statementsOf(stack, stage)).filter((line) => /secretsmanager|ssm/.test(line));
  const place = '{AWS::Region}:{AWS::AccountId}';
  const expected = [
    `Allow secretsmanager:GetSecretValue on arn:aws:secretsmanager:${place}:secret:mirrors/*`,
    `Allow secretsmanager:GetSecretValue on arn:aws:secretsmanager:${place}:secret:piecework/*`,
    `Allow ssm:GetParameter on arn:aws:ssm:${place}:parameter/mirrors/*`,
    `Allow ssm:GetParameter on arn:aws:ssm:${place}:parameter/piecework/*`,
  ];
  expect([secrets('Planner'), secrets('Fetcher'), secrets('Api'), secrets('Finalizer')]).toEqual([
    expected,
    expected,
    [],
    [],
  ]);
});

test('source buckets: what lies under their prefixes, read by those who contact sources', () => {
  const stack = pieceworkStack((scope) => ({
    sourceBuckets: [
      { bucket: Bucket.fromBucketName(scope, 'Open', 'open') },
      {
        bucket: Bucket.fromBucketName(scope, 'Closed', 'closed'),
        prefix: 'released/',
        encryptionKey: Key.fromKeyArn(scope, 'SourceKey', 'arn:aws:kms:eu-west-1:123456789012:key/source'),
      },
    ],
  }));
  const reads = (stage: string) =>
    rights(statementsOf(templateOf(stack), stage)).filter((line) => /:::(open|closed)|kms/.test(line));
  const expected = [
    'Allow kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/source',
    'Allow s3:GetObject on arn:aws:s3:::closed/released/*',
    'Allow s3:GetObject on arn:aws:s3:::open/*',
    'Allow s3:GetObjectVersion on arn:aws:s3:::closed/released/*',
    'Allow s3:GetObjectVersion on arn:aws:s3:::open/*',
  ];
  expect(['Planner', 'Fetcher', 'Api', 'Finalizer'].map(reads)).toEqual([expected, expected, [], []]);
});

test('the notifier reads who is notified, sends, and posts; those who take hooks and have ends know of it', () => {
  const made = templateOf(
    pieceworkStack((scope) => ({
      webhooks: true,
      taskTokens: true,
      secretPrefixes: ['piecework/'],
      sealedKey: new Key(scope, 'SealedKey'),
    })),
  );
  const place = '{AWS::Region}:{AWS::AccountId}';
  expect(rights(statementsOf(made, 'Notifier'))).toEqual(
    [
      ...logs('Notifier'),
      'Allow s3:GetObject on {PieceworkRecords}/sealed/hooks/*',
      'Allow s3:DeleteObject on {PieceworkRecords}/sealed/hooks/*',
      LISTS_RECORDS,
      'Allow kms:Decrypt on {SealedKey}',
      ...consumes('NotifierNotificationsQueue'),
      ...sends('NotifierNotificationsQueue', 'NotifierNotificationsDead', 'Parked'),
      `Allow secretsmanager:GetSecretValue on arn:aws:secretsmanager:${place}:secret:piecework/*`,
      `Allow ssm:GetParameter on arn:aws:ssm:${place}:parameter/piecework/*`,
      `Allow states:SendTaskFailure on arn:aws:states:${place}:stateMachine:*`,
      `Allow states:SendTaskSuccess on arn:aws:states:${place}:stateMachine:*`,
    ].sort(),
  );
  const [, policy] = resourcesOf(made, 'AWS::S3::BucketPolicy')[0] ?? [];
  expect(JSON.stringify(policy?.Properties)).toContain('PieceworkNotifierStageRole');
  const sendsTo = (stage: string) =>
    rights(statementsOf(made, stage)).includes('Allow sqs:SendMessage on {PieceworkNotifierNotificationsQueue}');
  expect([sendsTo('Finalizer'), sendsTo('Api'), sendsTo('Planner')]).toEqual([true, false, false]);
});

test.each([
  ['webhooks alone', { webhooks: true }, false],
  [
    'a webhook of the deployment alone',
    { notify: { url: 'https://a.example/x', secret: 'secret://p/x' }, secretPrefixes: ['p/'] },
    false,
  ],
  ['task tokens', { taskTokens: true }, true],
])('%s: tasks are ended only where a prop says so', (_, props, may) => {
  const lines = rights(statementsOf(templateOf(pieceworkStack(() => props)), 'Notifier'));
  expect(lines.some((line) => line.includes('states:'))).toBe(may);
});
