import { describe, expect, test } from 'vitest';
import { deploymentOf } from '../../lib/aws/ops/deployment/deployment.ts';
import { abortDays, isOurs } from '../../lib/aws/ops/doctor/reading/destinations.ts';
import { arnParts, wantedRights } from '../../lib/aws/ops/doctor/reading/rights.ts';
import { opsStack } from '../support/ops-stack.ts';

const ALONE = { endsTasks: false, inVpc: [] };

describe('after how many days a bucket aborts what is left under a prefix', () => {
  const rule = (days: number | undefined, prefix: string | undefined, Status: 'Enabled' | 'Disabled' = 'Enabled') => ({
    Status,
    ...(prefix === undefined ? {} : { Filter: { Prefix: prefix } }),
    ...(days === undefined ? {} : { AbortIncompleteMultipartUpload: { DaysAfterInitiation: days } }),
  });
  test.each([
    ['no rule', [], undefined],
    ['one of the whole bucket', [rule(7, undefined)], 7],
    ['one of a prefix above', [rule(7, 'in/')], 7],
    ['one of another prefix', [rule(7, 'out/')], undefined],
    ['one of a prefix below: the rest stays', [rule(7, 'in/deep/er/')], undefined],
    ['one that is switched off', [rule(7, '', 'Disabled')], undefined],
    ['one that only expires objects', [rule(undefined, '')], undefined],
    ['the shortest of several', [rule(30, ''), rule(3, 'in/'), rule(1, 'other/')], 3],
    ['one in the old form', [{ ...rule(5, undefined), Prefix: 'in/' }], 5],
  ])('%s', (_, rules, days) => {
    expect(abortDays(rules, 'in/deep/')).toBe(days);
  });
});

test('uploads of other programs’ roles are not ours; where the store does not say, they may be', () => {
  const session = (role: string) => `arn:aws:sts::111122223333:assumed-role/${role}/function`;
  expect(['planner-role', 'backup'].map((role) => isOurs(session(role), ['planner-role']))).toEqual([true, false]);
  expect([undefined, 'minioadmin'].map((id) => isOurs(id, ['planner-role']))).toEqual([true, true]);
});

test('asked for is what each function needs, in the partition and account of the functions', () => {
  const arn = arnParts('arn:aws-cn:lambda:cn-north-1:111122223333:function:planner');
  const wanted = wantedRights(deploymentOf(opsStack()), [{ bucket: 'target', prefix: 'in/' }], arn, ALONE);
  const of = (stage: string, resource: string) =>
    wanted.find((one) => one.stage === stage && one.resource === resource)?.actions;
  expect(of('planner', 'arn:aws-cn:s3:::target/in/piecework-doctor')).toContain('s3:PutObject');
  expect(of('api', 'arn:aws-cn:s3:::target/in/piecework-doctor')).toEqual(['s3:ListMultipartUploadParts']);
  expect(of('api', 'arn:aws-cn:s3:::piecework-records/sealed/piecework-doctor')).toEqual([
    's3:PutObject',
    's3:DeleteObject',
  ]);
  expect(of('fetcher', 'arn:aws-cn:sqs:cn-north-1:111122223333:Piecework-pieces')).toContain('sqs:ReceiveMessage');
  expect(of('finalizer', 'arn:aws-cn:sqs:cn-north-1:111122223333:Piecework-plansDead')).toContain('sqs:DeleteMessage');
  expect(of('api', 'arn:aws-cn:lambda:cn-north-1:111122223333:function:Piecework-planner')).toEqual([
    'lambda:InvokeFunction',
  ]);
  const asked = wanted.map(({ stage, resource }) => `${stage} ${resource}`);
  expect(new Set(asked).size).toBe(asked.length);
});

test('of functions in a VPC: what Lambda makes their network interfaces with', () => {
  const arn = arnParts('arn:aws:lambda:eu-west-1:111122223333:function:planner');
  const wanted = wantedRights(deploymentOf(opsStack()), [], arn, { ...ALONE, inVpc: ['planner', 'fetcher'] });
  const ofNetwork = wanted.filter(({ resource }) => resource === '*');
  expect(ofNetwork.map(({ stage }) => stage)).toEqual(['planner', 'fetcher']);
  for (const { actions } of ofNetwork) expect(actions).toContain('ec2:CreateNetworkInterface');
});

test('of the notifier: who is notified, its queues, and tasks only where callers may give tokens', () => {
  const arn = arnParts('arn:aws:lambda:eu-west-1:111122223333:function:planner');
  const wantedOf = (notifies: boolean, endsTasks: boolean) =>
    wantedRights(deploymentOf(opsStack('Piecework', notifies)), [], arn, { ...ALONE, endsTasks });
  const of = (stage: string, endsTasks = false) =>
    Object.fromEntries(
      wantedOf(true, endsTasks).flatMap((one) => (one.stage === stage ? [[one.resource, one.actions]] : [])),
    );
  const sqs = 'arn:aws:sqs:eu-west-1:111122223333:Piecework';
  expect(of('notifier')).toEqual({
    'arn:aws:s3:::piecework-records/sealed/hooks/piecework-doctor': ['s3:GetObject', 's3:DeleteObject'],
    'arn:aws:s3:::piecework-records': ['s3:ListBucket'],
    [`${sqs}-notifications`]: ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    [`${sqs}-notificationsDead`]: ['sqs:SendMessage'],
    [`${sqs}-parked`]: ['sqs:SendMessage'],
  });
  expect(of('notifier', true)).toHaveProperty(['arn:aws:states:eu-west-1:111122223333:stateMachine:piecework-doctor']);
  expect(of('finalizer')[`${sqs}-notifications`]).toEqual(['sqs:SendMessage']);
  expect(wantedOf(false, false).filter(({ resource }) => resource.includes('otifications'))).toEqual([]);
});
