import { describe, expect, test } from 'vitest';
import { checkDestination } from '../../lib/api/requests/submission.ts';
import { openAwsHome } from '../../lib/aws/home.ts';
import { ENV, STAGES } from '../../lib/aws/names.ts';
import { lendingOf } from '../../lib/aws/sources/source-buckets.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { choosePlan } from '../../lib/pipeline/plan/choose-plan.ts';
import type { Source } from '../../lib/sources/source.ts';
import type { CopySource } from '../../lib/transfer/locators.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { SNAPSHOT } from '../support/a-transfer.ts';
import { GOOD_VARIABLES } from '../support/aws-variables.ts';
import { failureOf, thrownBy } from '../support/reading.ts';

const RULES = { allowHosts: [], denyHosts: [], privateHosts: [], ports: [443], schemes: ['https', 's3'] };
const withBuckets = (...buckets: readonly object[]) => ({
  ...GOOD_VARIABLES,
  [ENV.sources]: JSON.stringify({ ...RULES, buckets }),
});

const TO = { kind: 's3', bucket: 'target', key: 'in/stolen' } as const;
/** In the same store as the destination: what the functions may read, and the caller may not. */
const SEALED = { bucket: 'records', key: 'sealed/01JZ8QH5X3M9V7T2B4N6K8R0CD/1' };
const LARGE = { ...SNAPSHOT, sizeBytes: 1024 ** 3 };
const signal = new AbortController().signal;
const ALWAYS = { ...DEFAULT_OPTIONS, serverSideCopy: 'always' } as const;

async function dividedBy(variables: Readonly<Record<string, string>>, from: CopySource, options = DEFAULT_OPTIONS) {
  const { ports } = openAwsHome('planner', undefined, variables);
  const source = { schemes: ['s3'], copySource: async () => from } as unknown as Source;
  const url = `s3://${from.bucket}/${from.key}`;
  const pair = { source, from: { url }, destination: ports.destinations(TO), to: TO, snapshot: LARGE };
  return await choosePlan(pair, options, ports.policy.plan, { ranges: true }, signal);
}

test('without source buckets nothing is copied, since the store would read with the functions’ rights', async () => {
  const { plan } = await dividedBy(withBuckets(), SEALED);
  expect(plan).toMatchObject({ mode: 'pieces' });
  expect(plan).not.toHaveProperty('serverSideCopy');
  // Without the home, this pair is one that the store would be asked to copy.
  expect(s3Destination().serverSideCopy?.reaches(SEALED, TO)).toBe(true);
});

test.each(STAGES)('without source buckets the %s function refuses what must be copied', async (stage) => {
  const { ports } = openAwsHome(stage, undefined, withBuckets());
  expect((await thrownBy(() => checkDestination(ports, TO, ALWAYS), 'ServerSideCopyRefused')).message).toContain(
    'always',
  );
});

const BUCKETS = [
  { bucket: 'released', prefix: '' },
  { bucket: 'shared', prefix: 'open/' },
  // A deployment that names its own records bucket has made a mistake.
  { bucket: 'records', prefix: '' },
];

const OUTSIDE: readonly CopySource[] = [
  SEALED,
  { bucket: 'records', key: 'transfers/any.json' },
  { bucket: 'target', key: 'in/any' },
  { bucket: 'released-not', key: 'file' },
  { bucket: 'shared', key: 'open' },
  { bucket: 'shared', key: 'secret/file' },
  { bucket: 'shared', key: 'open/../secret/file' },
  { bucket: 'released', key: 'file', endpoint: 'https://s3.eu-west-1.amazonaws.com' },
  { bucket: 'released', key: 'file', endpoint: 'https://mine.eu-west-1.elb.amazonaws.com' },
  { bucket: 'released', key: 'file', region: 'evil.example/#' },
];

describe.each(OUTSIDE)('outside of the source buckets: $bucket $key $endpoint $region', (from) => {
  test('auto fetches, and says why', async () => {
    const { plan, warning } = await dividedBy(withBuckets(...BUCKETS), from);
    expect(plan).not.toHaveProperty('serverSideCopy');
    expect(warning).toContain('is not in a bucket that this deployment copies from: s3://released/, s3://shared/open/');
  });

  test('always is refused', async () => {
    const refused = dividedBy(withBuckets(...BUCKETS), from, ALWAYS);
    expect((await failureOf(refused, 'ServerSideCopyRefused')).message).toContain('s3://shared/open/');
  });

  test('a fetcher that is told to copy refuses, and asks nobody', async () => {
    const { ports } = openAwsHome('fetcher', undefined, withBuckets(...BUCKETS));
    const upload = { target: TO, id: 'upload', token: 'token' };
    const { serverSideCopy } = ports.destinations(TO);
    const part = { number: 1, sizeBytes: 1, offset: 0 };
    const copied = Promise.resolve(serverSideCopy?.copyPart(upload, part, from, LARGE, { signal }));
    await failureOf(copied, 'ServerSideCopyRefused');
  });

  test('no credentials are lent', () => {
    const environment = openAwsHome('planner', undefined, withBuckets(...BUCKETS)).environment;
    expect(lendingOf(environment).lendsTo({ kind: 's3', ...from })).toBe(false);
  });
});

test.each<CopySource>([
  { bucket: 'released', key: 'file' },
  { bucket: 'released', key: 'deep/file..bin', region: 'eu-west-1' },
  { bucket: 'shared', key: 'open/file', versionId: 'v1' },
])('in the source buckets: $bucket $key is lent credentials', (from) => {
  const { environment } = openAwsHome('planner', undefined, withBuckets(...BUCKETS));
  expect(lendingOf(environment).lendsTo({ kind: 's3', ...from })).toBe(true);
});

test('what must be copied is taken on where there are source buckets', () => {
  const { ports } = openAwsHome('api', undefined, withBuckets(...BUCKETS));
  expect(() => checkDestination(ports, TO, ALWAYS)).not.toThrow();
});
