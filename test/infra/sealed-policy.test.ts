import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { awsSigner } from '../../lib/api/client/sign.ts';
import { miniStack } from '../support/ministack.ts';
import { clientOf } from '../support/s3-client.ts';
import type { S3Server } from '../support/s3-process.ts';
import { withServer } from '../support/with-server.ts';
import type { Statement } from './cdk-template.ts';
import { pieceworkStack, readable, resourcesOf, templateOf } from './cdk-template.ts';

/*
 * The records bucket's policy, as it is synthesized, at a stand-in that holds each call against it. All roles here have
 * every right on every bucket.
 */

const BUCKET = 'records';
const ACCOUNT = '000000000000';
const ROLES = ['PieceworkPlannerStageRole', 'PieceworkFetcherStageRole', 'Administrator'] as const;
const ALL = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } };
const TRUST = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: '*' } };
type Role = (typeof ROLES)[number];

await withServer(
  'MiniStack',
  () => miniStack('patched', { AUTH: 'true' }),
  (start) => {
    let server: S3Server;
    beforeAll(async () => {
      server = await start();
      using root = disposable(server);
      await root.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
      for (const RoleName of ROLES) {
        await ask('iam', { Action: 'CreateRole', RoleName, AssumeRolePolicyDocument: JSON.stringify(TRUST) });
        const PolicyDocument = JSON.stringify(ALL);
        await ask('iam', { Action: 'PutRolePolicy', RoleName, PolicyName: 'All', PolicyDocument });
      }
      await root.s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: JSON.stringify(recordsPolicy()) }));
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      await server?.[Symbol.asyncDispose]();
    });

    /** The answer's XML, of the query APIs of IAM and STS. */
    async function ask(service: 'iam' | 'sts', parameters: Record<string, string>): Promise<string> {
      vi.stubEnv('AWS_ACCESS_KEY_ID', server.credentials.accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', server.credentials.secretAccessKey);
      const url = new URL(server.endpoint);
      const version = { iam: '2010-05-08', sts: '2011-06-15' }[service];
      const body = new URLSearchParams({ ...parameters, Version: version }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const signed = await awsSigner(service, { region: server.region })({ method: 'POST', url, headers, body });
      const answer = await fetch(url, { method: 'POST', headers: signed, body });
      const xml = await answer.text();
      expect(answer.status, xml).toBe(200);
      return xml;
    }

    async function as(role: Role) {
      const RoleArn = `arn:aws:iam::${ACCOUNT}:role/${role}`;
      const xml = await ask('sts', { Action: 'AssumeRole', RoleArn, RoleSessionName: 'session' });
      const field = (name: string) => new RegExp(`<${name}>([^<]*)<`).exec(xml)?.[1] ?? '';
      const credentials = {
        accessKeyId: field('AccessKeyId'),
        secretAccessKey: field('SecretAccessKey'),
        sessionToken: field('SessionToken'),
      };
      return disposable({ ...server, credentials });
    }

    test.each([
      ['PieceworkPlannerStageRole', 'sealed/01/1', true],
      ['PieceworkFetcherStageRole', 'sealed/01/1', true],
      ['Administrator', 'sealed/01/1', false],
      ['Administrator', 'transfers/01.json', true],
    ] as const)('%s reading %s: %s', async (role, Key, isAllowed) => {
      using root = disposable(server);
      await root.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'secret' }));
      using session = await as(role);
      const read = session.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      if (isAllowed) expect(await (await read).Body?.transformToString()).toBe('secret');
      else await expect(read).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    });

    test('an administrator lists, writes and deletes what is sealed, so that a stack can be deleted', async () => {
      using session = await as('Administrator');
      const object = { Bucket: BUCKET, Key: 'sealed/02/1' };
      await session.s3.send(new PutObjectCommand({ ...object, Body: 'secret' }));
      const { Contents } = await session.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'sealed/02/' }));
      expect(Contents?.map(({ Key }) => Key)).toEqual([object.Key]);
      await session.s3.send(new DeleteObjectCommand(object));
    });
  },
);

function disposable(server: S3Server) {
  const s3 = clientOf(server, 1);
  return { s3, [Symbol.dispose]: () => s3.destroy() };
}

/** With what CloudFormation would put in the place of references. */
function recordsPolicy(): unknown {
  const [bucketPolicy] = resourcesOf(templateOf(pieceworkStack()), 'AWS::S3::BucketPolicy').map(
    ([, { Properties }]) => Properties as unknown as { PolicyDocument: { Version: string; Statement: Statement[] } },
  );
  if (bucketPolicy === undefined) throw new Error('the records bucket has no policy');
  const { PolicyDocument } = bucketPolicy;
  const arn = (value: unknown) =>
    readable(value)
      .replace('{PieceworkRecords}', `arn:aws:s3:::${BUCKET}`)
      .replace(/^\{(Piecework\w+Role)\}$/, `arn:aws:iam::${ACCOUNT}:role/$1`);
  const conditions = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (key, inner) => (key === 'aws:PrincipalArn' ? inner.map(arn) : inner));
  const Statement = PolicyDocument.Statement.map((statement) => ({
    ...statement,
    Resource: [statement.Resource].flat().map(arn),
    Condition: conditions(statement.Condition),
  }));
  return { Version: PolicyDocument.Version, Statement };
}
