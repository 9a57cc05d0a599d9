import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test, vi } from 'vitest';
import type { PieceworkObjectProps, PieceworkProps } from '../../cdk/index.ts';
import { Piecework, PieceworkObject } from '../../cdk/index.ts';
import { resourcesOf, rights, templateOf, testApp } from './cdk-template.ts';

const SHA256 = 'a'.repeat(64);
const URL = 'https://data.example/genome.fa.gz';

function stackWith(
  props: Partial<PieceworkObjectProps>[] = [{}],
  of: Partial<PieceworkProps> = {},
  app = testApp(),
): Stack {
  const stack = new Stack(app, 'Test');
  const bucket = Bucket.fromBucketName(stack, 'Target', 'target');
  const piecework = new Piecework(stack, 'Piecework', { destinations: [{ bucket, prefix: 'in/' }], ...of });
  props.forEach((more, index) => {
    const object = { piecework, url: URL, sha256: SHA256, bucket, key: `in/genome-${index}`, ...more };
    new PieceworkObject(stack, `Reference${index}`, object);
  });
  return stack;
}

/** Of the two functions of ours. */
function own(template: ReturnType<typeof templateOf>) {
  const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(([id]) => /^PieceworkObjectsRole/.test(id));
  return policies.flatMap(([, { Properties }]) =>
    rights((Properties as unknown as { PolicyDocument: { Statement: never[] } }).PolicyDocument.Statement),
  );
}

test('an object is a resource with all that it is, which waits for the whole deployment', () => {
  const template = templateOf(stackWith());
  template.hasResource('Custom::PieceworkObject', {
    Properties: {
      Url: URL,
      Sha256: SHA256,
      Bucket: 'target',
      Key: 'in/genome-0',
      Deletes: false,
      DeadlineMs: 3_300_000,
      ServiceToken: Match.anyValue(),
    },
    DependsOn: Match.arrayWith([Match.stringLikeRegexp('^PieceworkFetcherStageFunction')]),
  });
});

test('several objects have one provider, whose functions may ask the API for transfers, and nothing else', () => {
  const template = templateOf(stackWith([{}, {}, {}]));
  template.resourceCountIs('Custom::PieceworkObject', 3);
  expect(resourcesOf(template, 'AWS::StepFunctions::StateMachine')).toHaveLength(1);
  expect(own(template)).toEqual([
    expect.stringMatching(/^Allow execute-api:Invoke on .*\/prod\/GET\/v1\/transfers\/\*$/),
    expect.stringMatching(/^Allow execute-api:Invoke on .*\/prod\/POST\/v1\/transfers$/),
    expect.stringMatching(/^Allow logs:CreateLogStream on /),
    expect.stringMatching(/^Allow logs:PutLogEvents on /),
  ]);
});

test('only one that goes with its resource may be deleted, by its name', () => {
  const template = templateOf(stackWith([{}, { removalPolicy: RemovalPolicy.DESTROY, key: 'in/gone' }]));
  expect(own(template).filter((line) => line.includes('s3:'))).toEqual([
    'Allow s3:DeleteObject on arn:aws:s3:::target/in/gone',
    'Allow s3:GetObject on arn:aws:s3:::target/in/gone',
    'Allow s3:ListBucket on arn:aws:s3:::target',
  ]);
  template.hasResourceProperties('Custom::PieceworkObject', { Key: 'in/gone', Deletes: true });
});

test('the functions run what was bundled, by the names of its exports', async () => {
  const template = templateOf(stackWith());
  const handlers = resourcesOf(template, 'AWS::Lambda::Function')
    .filter(([id]) => /^PieceworkObjects(onEvent|isComplete)/.test(id))
    .map(([, { Properties }]) => String(Properties['Handler']));
  expect(handlers.sort()).toEqual(['index.isComplete', 'index.onEvent']);
  const code = await readFile(join(import.meta.dirname, '../../dist/lambda/object/index.mjs'), 'utf8');
  expect(code).toMatch(/isComplete/);
  expect(code).toMatch(/onEvent/);
});

test.each<readonly [string, Record<string, unknown>, Partial<PieceworkProps>, RegExp]>([
  ['an unknown prop', { md5: 'x' }, {}, /PieceworkObject has no prop "md5"/],
  ['a digest that is none', { sha256: 'abc' }, {}, /sha256 must be 64 hex digits/],
  ['a prefix in the place of a key', { key: 'in/' }, {}, /key must be the whole name/],
  ['a pattern in the place of a key', { key: 'in/*' }, {}, /key must be the whole name/],
  ['a bucket by its name', { bucket: 'target' }, {}, /bucket must be a construct/],
  ['no deployment', { piecework: 'Piecework' }, {}, /piecework must be the construct/],
  ['a deployment for API keys', {}, { auth: { kind: 'apiKey' } }, /asks the API as an IAM role.* auth apiKey/],
  ['longer than CloudFormation waits', { timeout: Duration.hours(1) }, {}, /from 1 to 55 minutes/],
  ['a policy that means nothing here', { removalPolicy: RemovalPolicy.SNAPSHOT }, {}, /RETAIN or .*DESTROY/],
])('%s is refused in a sentence', (_, more, of, sentence) => {
  expect(() => stackWith([more as Partial<PieceworkObjectProps>], of)).toThrow(sentence);
});

test('cdk-nag finds nothing unexplained', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const app = testApp({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  stackWith([{}, { removalPolicy: RemovalPolicy.DESTROY }], {}, app);
  let found: readonly string[] = [];
  try {
    app.synth();
  } catch (error) {
    const report = await readFile(join(app.outdir, 'validation-report.json'), 'utf8').catch(() => String(error));
    found = [...report.matchAll(/AwsSolutions-[A-Z0-9]+(\[[^"]*?\])?/g)].map(([id]) => id);
    if (found.length === 0) found = [String(error)];
  }
  expect([...new Set(found)]).toEqual([]);
});
