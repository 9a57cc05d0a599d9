import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { expect, test } from 'vitest';
import type { PieceworkProps } from '../../cdk/props/props.ts';
import type { Resource } from './cdk-template.ts';
import { pieceworkStack, templateOf } from './cdk-template.ts';

/** What CloudFormation takes no tags of, or what costs nothing: settings, rights, parts of an API. */
const WITHOUT_TAGS = new Set([
  'AWS::ApiGateway::Account',
  'AWS::ApiGateway::Deployment',
  'AWS::ApiGateway::Method',
  'AWS::ApiGateway::Resource',
  'AWS::CloudWatch::Dashboard',
  'AWS::IAM::Policy',
  'AWS::Lambda::Permission',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
]);

function tagsOf({ Properties = {} }: Resource): Readonly<Record<string, string>> {
  const given = (Properties as Readonly<Record<string, unknown>>)['Tags'] ?? [];
  if (!Array.isArray(given)) return given as Record<string, string>;
  return Object.fromEntries(given.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value]));
}

/** Alarms have groups where there is someone to tell. */
const topicOf = (scope: Construct) => Topic.fromTopicArn(scope, 'Ops', 'arn:aws:sns:eu-west-1:111122223333:ops');

const resources = (props: Partial<PieceworkProps> = {}) =>
  Object.entries(
    templateOf(pieceworkStack((scope) => ({ alarmTopic: topicOf(scope), ...props }))).toJSON()['Resources'] as Record<
      string,
      Resource
    >,
  );

test('everything that can have tags says to which deployment it belongs, and has those that were given', () => {
  const all = resources({ tags: { team: 'files', 'cost:center': '42' } });
  const untagged = all
    .filter(([, { Type }]) => !WITHOUT_TAGS.has(Type))
    .filter(([, one]) => tagsOf(one)['team'] !== 'files');
  expect(untagged.map(([id, { Type }]) => `${Type} ${id}`)).toEqual([]);
  const tagged = all.filter(([, one]) => tagsOf(one)['team'] === 'files');
  expect(tagged.length).toBeGreaterThan(20);
  for (const [id, one] of tagged)
    expect(tagsOf(one), id).toMatchObject({ 'piecework:deployment': 'Test/Piecework', 'cost:center': '42' });
});

test('functions, their logs and their queues say of which stage they are, also without tags of the caller', () => {
  const stages = resources({ webhooks: true })
    .filter(([, { Type }]) => /Lambda::Function$|LogGroup|SQS::Queue$/.test(Type))
    .map(([, one]) => tagsOf(one)['piecework:stage']);
  const counts = Object.groupBy(stages, (stage) => stage ?? 'none');
  expect(Object.fromEntries(Object.entries(counts).map(([stage, all]) => [stage, all?.length]))).toEqual({
    api: 2,
    planner: 6,
    fetcher: 4,
    finalizer: 4,
    notifier: 4,
    // What is parked is of all.
    none: 1,
  });
});
