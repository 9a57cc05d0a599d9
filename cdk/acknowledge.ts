import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/*
 * cdk-nag's AwsSolutions rules are held by a test. What they find and we mean stands here with its reason, in the
 * construct itself, so that an app that runs cdk-nag finds nothing unexplained either.
 */

/** Rules that are answered once for a whole part. */
const REASONS = {
  'AwsSolutions-S1':
    'Only the four functions read and write the records bucket; their logs and CloudTrail data events, where wanted, say who. Server access logs would need a second bucket that outlives this one.',
  'AwsSolutions-APIG1':
    'Access logs need a CloudWatch role that is one per account and Region, so they are a prop (accessLog). Without them each request that reaches the function leaves one line in its log, a refused one as well.',
  'AwsSolutions-APIG6': 'Execution logs would hold headers and bodies of requests, credentials of sources among them.',
  'AwsSolutions-APIG2':
    'Bodies are validated by the function, by the same schemas that the OpenAPI document is made of; a second copy in API Gateway could only differ.',
  'AwsSolutions-APIG3':
    'A web ACL costs a monthly fee and is the account’s to choose; requests are signed or keyed, and throttled.',
  'AwsSolutions-APIG4': 'Every method has IAM authorization, an API key, or the authorizer that the props give.',
  'AwsSolutions-COG4':
    'Callers are programs with AWS credentials or a key; who has a user pool gives its authorizer as a prop.',
} as const;

export function acknowledge(scope: IConstruct, ...ids: readonly (keyof typeof REASONS)[]): void {
  for (const id of ids) Validations.of(scope).acknowledge({ id, reason: REASONS[id] });
}

/** A star at the end of a resource: all that lies under a prefix. */
export function acknowledgePrefix(scope: IConstruct, resource: string): void {
  const finding = nagName(Stack.of(scope).resolve(resource));
  if (!finding.includes('*')) return;
  Validations.of(scope).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${finding}]`,
    reason: 'Names below this prefix are made at run time; the prefix is the boundary. docs/security.md has the table.',
  });
}

/** A resource as cdk-nag writes it: `<LogicalId.Arn>/prefix/*`. */
function nagName(value: unknown): string {
  if (typeof value === 'string') return value;
  const {
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': join,
  } = Object(value) as {
    Ref?: string;
    'Fn::GetAtt'?: readonly string[];
    'Fn::Join'?: readonly [string, readonly unknown[]];
  };
  if (Ref !== undefined) return `<${Ref}>`;
  if (attribute !== undefined) return `<${attribute.join('.')}>`;
  return join === undefined ? '' : join[1].map(nagName).join(join[0]);
}

/** The function of CDK that empties a bucket: one for all of a stack, with a role of its own choice. */
export function acknowledgeEmptying(bucket: IConstruct): void {
  const made = Stack.of(bucket).node.tryFindChild('Custom::S3AutoDeleteObjectsCustomResourceProvider');
  if (made === undefined) return;
  const reason = 'Made by aws-cdk-lib, which chooses its role and its runtime: it empties the records bucket.';
  for (const id of [
    'AwsSolutions-L1',
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
  ])
    Validations.of(made).acknowledge({ id, reason });
}

/** What AWS asks of a function in a VPC has no resource to name. */
export function acknowledgeNetwork(scope: IConstruct): void {
  Validations.of(scope).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'Lambda makes network interfaces with the role of a function that runs in a VPC, and none of these actions can be bound to one. The code of the function itself is denied them.',
  });
}
