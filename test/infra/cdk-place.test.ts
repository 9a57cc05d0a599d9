import { RemovalPolicy } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { expect, test } from 'vitest';
import type { PieceworkProps } from '../../cdk/props/props.ts';
import { pieceworkStack, templateOf } from './cdk-template.ts';

const vpcOf = (scope: Construct) =>
  Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId: 'vpc-0a1b2c3d',
    availabilityZones: ['a', 'b'],
    privateSubnetIds: ['subnet-0a1b2c31', 'subnet-0a1b2c32'],
    isolatedSubnetIds: ['subnet-0a1b2c33', 'subnet-0a1b2c34'],
  });

interface Found {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

function functionsOf(template: ReturnType<typeof templateOf>): Readonly<Record<string, Found['Properties']>> {
  const all = template.toJSON() as { readonly Resources: Readonly<Record<string, Found>> };
  return Object.fromEntries(
    Object.entries(all.Resources).flatMap(([id, { Type, Properties }]) => {
      const [, stage] = /^Piecework(\w+?)StageFunction/.exec(id) ?? [];
      return Type === 'AWS::Lambda::Function' && stage !== undefined ? [[stage, Properties]] : [];
    }),
  );
}

test('in a VPC are those who contact sources and webhooks, in its private subnets; API and finalizer are not', () => {
  const functions = functionsOf(
    templateOf(pieceworkStack((scope) => ({ vpc: { vpc: vpcOf(scope) }, webhooks: true }))),
  );
  for (const stage of ['Planner', 'Fetcher', 'Notifier'])
    expect(functions[stage]?.['VpcConfig'], stage).toMatchObject({ SubnetIds: ['subnet-0a1b2c31', 'subnet-0a1b2c32'] });
  for (const stage of ['Api', 'Finalizer']) expect(functions[stage], stage).not.toHaveProperty('VpcConfig');
});

test('subnets and security groups are those that are given', () => {
  const functions = functionsOf(
    templateOf(
      pieceworkStack((scope) => ({
        vpc: {
          vpc: vpcOf(scope),
          subnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
          securityGroups: [SecurityGroup.fromSecurityGroupId(scope, 'Own', 'sg-0a1b2c3d')],
        },
      })),
    ),
  );
  expect(functions['Fetcher']?.['VpcConfig']).toEqual({
    SubnetIds: ['subnet-0a1b2c33', 'subnet-0a1b2c34'],
    SecurityGroupIds: ['sg-0a1b2c3d'],
  });
});

test('Lambda may make their network interfaces with their roles, and their code may not; without a VPC nobody may', () => {
  const inVpc = templateOf(pieceworkStack((scope) => ({ vpc: { vpc: vpcOf(scope) } })));
  inVpc.resourcePropertiesCountIs(
    'AWS::IAM::Policy',
    {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Sid: 'Network', Effect: 'Allow', Resource: '*' }),
          Match.objectLike({
            Sid: 'NetworkIsNotForCode',
            Effect: 'Deny',
            Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } },
          }),
        ]),
      },
    },
    2,
  );
  expect(JSON.stringify(templateOf(pieceworkStack()).toJSON())).not.toContain('ec2:');
});

test('records stay with the stack’s end, go where they are none, or go with all that is in them', () => {
  const policyOf = (props: Partial<PieceworkProps>) => {
    const template = templateOf(pieceworkStack(() => props));
    const buckets = Object.values(template.findResources('AWS::S3::Bucket')) as { DeletionPolicy?: string }[];
    const emptied = Object.keys(template.findResources('Custom::S3AutoDeleteObjects')).length;
    return [buckets.map(({ DeletionPolicy }) => DeletionPolicy), emptied];
  };
  expect(policyOf({})).toEqual([['Retain'], 0]);
  expect(policyOf({ removalPolicy: RemovalPolicy.DESTROY })).toEqual([['Delete'], 0]);
  expect(policyOf({ removalPolicy: RemovalPolicy.DESTROY, autoDeleteRecords: true })).toEqual([['Delete'], 1]);
});

test.each<readonly [string, Partial<PieceworkProps>, RegExp]>([
  ['records that are emptied and kept', { autoDeleteRecords: true }, /set removalPolicy to DESTROY as well/],
  ['a VPC by its name', { vpc: { vpc: 'vpc-0a1b2c3d' as never } }, /vpc must be \{ vpc \} with a construct/],
  ['a setting of the VPC that is none', { vpc: { subnet: [] } as never }, /has no setting .*subnet/],
])('%s: refused', (_, props, because) => {
  expect(() => pieceworkStack(() => props)).toThrow(because);
});
