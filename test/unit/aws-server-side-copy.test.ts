import { describe, expect, test } from 'vitest';
import { checkDestination } from '../../lib/api/submission.ts';
import { openAwsHome } from '../../lib/aws/home.ts';
import { ENV, STAGES } from '../../lib/aws/names.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { divide } from '../../lib/pipeline/divide.ts';
import type { Source } from '../../lib/sources/source.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { SNAPSHOT } from '../support/a-transfer.ts';
import { GOOD_VARIABLES } from '../support/aws-variables.ts';
import { thrownBy } from '../support/reading.ts';

const VARIABLES = {
  ...GOOD_VARIABLES,
  [ENV.sources]: '{"allowHosts":[],"denyHosts":[],"privateHosts":[],"ports":[443],"schemes":["https","s3"]}',
};

const TO = { kind: 's3', bucket: 'target', key: 'in/stolen' } as const;
const SEALED = { bucket: 'records', key: 'sealed/01JZ8QH5X3M9V7T2B4N6K8R0CD/1' };
const FROM = { url: `s3://${SEALED.bucket}/${SEALED.key}` };
const LARGE = { ...SNAPSHOT, sizeBytes: 1024 ** 3 };

/** In the same store as the destination: what the functions may read, and the caller may not. */
const source = { schemes: ['s3'], copySource: async () => SEALED } as unknown as Source;

describe.each(STAGES)('the %s function', (stage) => {
  test('has no store copy, since the store would read with the function’s rights', async () => {
    const { ports } = openAwsHome(stage, undefined, VARIABLES);
    const pair = { source, from: FROM, destination: ports.destinations(TO), to: TO, snapshot: LARGE };
    const known = { ranges: true };
    const { plan } = await divide(pair, DEFAULT_OPTIONS, ports.policy.plan, known, new AbortController().signal);
    expect(plan).toMatchObject({ mode: 'pieces' });
    expect(plan).not.toHaveProperty('serverSideCopy');
    // Without the home, this pair is one that the store would be asked to copy.
    expect(s3Destination().serverSideCopy?.reaches(SEALED, TO)).toBe(true);
  });

  test('refuses one that must be', async () => {
    const { ports } = openAwsHome(stage, undefined, VARIABLES);
    const always = { ...DEFAULT_OPTIONS, serverSideCopy: 'always' } as const;
    expect((await thrownBy(() => checkDestination(ports, TO, always), 'ServerSideCopyRefused')).message).toContain(
      'always',
    );
  });
});
