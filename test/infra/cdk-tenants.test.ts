import { Match } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, test } from 'vitest';
import { pieceworkStack, resourcesOf, statementsOf, templateOf } from './cdk-template.ts';

// What the props say of owners, as the functions get it and as IAM has it.

const tenants = () =>
  templateOf(
    pieceworkStack((stack) => {
      const bucket = Bucket.fromBucketName(stack, 'Own', 'own');
      return {
        ownership: 'caller',
        destinations: [
          { bucket, prefix: 'in/{owner}/' },
          { bucket, prefix: 'archive/', owners: ['archivist', 'arn:aws:iam::123456789012:user/ann'] },
        ],
        quotas: { open: 10, bytesPerDay: 5_000_000_000, owners: { archivist: { open: 100 } } },
      };
    }),
  );

const variablesOf = (template: ReturnType<typeof templateOf>, name: string) =>
  resourcesOf(template, 'AWS::Lambda::Function').flatMap(([id, { Properties }]) => {
    const { Variables = {} } = Properties['Environment'] as unknown as { Variables?: Record<string, string> };
    const value = Variables[name];
    return value === undefined ? [] : [[id.replace(/^Piecework(\w+)StageFunction.*$/, '$1'), value] as const];
  });

test('"caller" is the owner for both', () => {
  tenants().hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ PIECEWORK_OWNERSHIP: '{"change":"owner","read":"owner"}' }) },
  });
});

test('places of owners are said to the API; IAM has what lies before the name', () => {
  const template = tenants();
  expect(variablesOf(template, 'PIECEWORK_DESTINATIONS').map(([, value]) => JSON.parse(value) as unknown)).toEqual(
    Array.from({ length: 4 }, () => [
      { bucket: 'own', prefix: 'in/{owner}/' },
      { bucket: 'own', prefix: 'archive/', owners: ['archivist', 'arn:aws:iam::123456789012:user/ann'] },
    ]),
  );
  const objects = statementsOf(template, 'Fetcher').find(({ Sid }) => Sid === 'DestinationObjects');
  expect(JSON.stringify(objects?.Resource)).toContain(':s3:::own/in/*');
  expect(JSON.stringify(template.toJSON())).not.toContain('own/in/{owner}');
});

test('quotas are of those who take on, who read lists, and who see the end; without any there is no word of them', () => {
  const rules = { open: 10, bytesPerDay: 5_000_000_000, owners: { archivist: { open: 100 } } };
  const given = variablesOf(tenants(), 'PIECEWORK_QUOTAS');
  expect(given.map(([stage]) => stage).sort()).toEqual(['Api', 'Finalizer', 'Planner']);
  for (const [, value] of given) expect(JSON.parse(value)).toEqual(rules);
  expect(variablesOf(templateOf(pieceworkStack()), 'PIECEWORK_QUOTAS')).toEqual([]);
});

test('what has been brought on a day expires, and what is open does not', () => {
  const [first] = resourcesOf(tenants(), 'AWS::S3::Bucket');
  if (first === undefined) throw new Error('there is no bucket');
  const configuration = first[1].Properties['LifecycleConfiguration'] as unknown as { Rules: { Prefix?: string }[] };
  const prefixes = configuration.Rules.map(({ Prefix }) => Prefix);
  expect(prefixes).toContain('spent/');
  expect(prefixes).not.toContain('open/');
});
