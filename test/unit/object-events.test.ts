import { expect, test } from 'vitest';
import type { ApiClient } from '../../lib/api/client/client.ts';
import { isObjectComplete, onObjectEvent } from '../../lib/aws/object/events.ts';
import { PieceworkError } from '../../lib/errors/error.ts';

const SHA256 = 'AB'.repeat(32);
// As CloudFormation hands them over: every value is a text.
const PROPERTIES = {
  ServiceToken: 'arn',
  Url: 'https://data.example/genome',
  Sha256: SHA256,
  Bucket: 'target',
  Key: 'in/genome',
  Deletes: 'false',
  DeadlineMs: '3300000',
};
const ID = '01KB1VY4M7XWQ8N5T2R9C3D6EF';

function world(get: () => object | Promise<object> = () => ({})) {
  const submits: unknown[] = [];
  const deleted: string[] = [];
  const client = {
    submit: async (...given: unknown[]) => {
      submits.push(given);
      return { id: ID };
    },
    get: async () => await get(),
  } as unknown as Pick<ApiClient, 'submit' | 'get'>;
  const deleteObject = async (bucket: string, key: string) => void deleted.push(`${bucket}/${key}`);
  return { parts: { client, deleteObject }, submits, deleted };
}

const event = (more: object = {}) => ({
  RequestType: 'Create' as const,
  RequestId: 'request-1',
  ResourceProperties: PROPERTIES,
  ...more,
});

test.each(['Create', 'Update'] as const)(
  '%s submits a transfer that a repetition of the request does not double',
  async (RequestType) => {
    const { parts, submits } = world();
    const given = event({ RequestType });
    expect(await onObjectEvent(parts, given)).toEqual({
      PhysicalResourceId: 's3://target/in/genome',
      Data: { TransferId: ID },
    });
    expect(submits).toEqual([
      [
        {
          source: { url: PROPERTIES.Url },
          destination: { bucket: 'target', key: 'in/genome' },
          options: {
            ifExists: 'if-changed',
            deadlineMs: 3_300_000,
            expect: { digests: { sha256: SHA256.toLowerCase() } },
          },
        },
        { idempotencyKey: 'request-1' },
      ],
    ]);
  },
);

test('it is complete when the transfer is, and its attributes are texts', async () => {
  const asked = event({ PhysicalResourceId: 's3://target/in/genome', Data: { TransferId: ID } });
  const running = world(() => ({ status: 'transferring' }));
  expect(await isObjectComplete(running.parts, asked)).toEqual({ IsComplete: false });
  const done = world(() => ({ status: 'completed', result: { sizeBytes: 5, etag: '"e"', unchanged: true } }));
  expect(await isObjectComplete(done.parts, asked)).toEqual({
    IsComplete: true,
    Data: {
      TransferId: ID,
      SizeBytes: '5',
      Sha256: SHA256.toLowerCase(),
      ETag: '"e"',
      VersionId: '',
      Unchanged: 'true',
    },
  });
});

test.each(['failed', 'cancelled'])('a transfer that is %s fails the deploy with its reason', async (status) => {
  const reason = { code: 'DigestMismatch', message: 'https://data.example/genome: another sha256' };
  const { parts } = world(() => ({ status, reason }));
  await expect(isObjectComplete(parts, event({ Data: { TransferId: ID } }))).rejects.toThrow(
    `transfer ${ID} ${status} (DigestMismatch): ${reason.message}`,
  );
});

test('an API that is busy now is asked again; one that refuses fails the deploy', async () => {
  const throwing = (code: 'ApiBusy' | 'ApiUnreachable' | 'NotAuthorized') =>
    world(() => {
      throw new PieceworkError(code, 'as the test says');
    }).parts;
  const asked = event({ Data: { TransferId: ID } });
  expect(await isObjectComplete(throwing('ApiBusy'), asked)).toEqual({ IsComplete: false });
  expect(await isObjectComplete(throwing('ApiUnreachable'), asked)).toEqual({ IsComplete: false });
  await expect(isObjectComplete(throwing('NotAuthorized'), asked)).rejects.toThrow('as the test says');
});

test('a resource that goes leaves its object, unless it is to go too; nothing is waited for', async () => {
  const gone = { RequestType: 'Delete' as const, PhysicalResourceId: 's3://target/in/genome' };
  const kept = world();
  expect(await onObjectEvent(kept.parts, event(gone))).toEqual({ PhysicalResourceId: gone.PhysicalResourceId });
  const { parts, deleted, submits } = world();
  await onObjectEvent(parts, event({ ...gone, ResourceProperties: { ...PROPERTIES, Deletes: 'true' } }));
  expect([kept.deleted, deleted, submits]).toEqual([[], ['target/in/genome'], []]);
  expect(await isObjectComplete(parts, event(gone))).toEqual({ IsComplete: true });
});

test.each(['Url', 'Sha256', 'Bucket', 'Key', 'DeadlineMs'])('a resource without %s is none of ours', async (name) => {
  const { parts, submits } = world();
  const { [name]: _, ...rest } = PROPERTIES as Record<string, string>;
  await expect(onObjectEvent(parts, event({ ResourceProperties: rest }))).rejects.toMatchObject({
    code: 'InvalidOption',
  });
  expect(submits).toEqual([]);
});
