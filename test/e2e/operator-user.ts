import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import type { Cloud } from './stand-in.ts';

/**
 * The environment of an operator who has the rights that docs/deploy.md gives, and no others: of a stand-in that holds
 * policies. Elsewhere the one of the suite.
 */
export async function operatorEnvironment(
  cloud: Cloud,
  client: ConstructorParameters<typeof IAMClient>[0],
  stack: string,
  buckets: { readonly records: string; readonly destinations: string },
): Promise<Readonly<Record<string, string>>> {
  if (cloud.kind !== 'ministack') return cloud.env;
  const docs = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'deploy.md'), 'utf8');
  const [, policy = ''] = /### The operator's right\n[\s\S]*?```json\n([\s\S]*?)```/.exec(docs) ?? [];
  const PolicyDocument = policy
    .replaceAll('Piecework', stack)
    .replaceAll('REGION', cloud.region)
    .replaceAll('ACCOUNT', cloud.account)
    .replaceAll('RECORDS_BUCKET', buckets.records)
    .replaceAll('DESTINATION_BUCKET', buckets.destinations);
  const iam = new IAMClient(client ?? {});
  const UserName = 'operator';
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'ops', PolicyDocument }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {};
  return { ...cloud.env, AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey };
}
