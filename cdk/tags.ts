import { Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { OWN_TAGS } from './props/check-tags.ts';

/**
 * Tags for the bill: all that is made below `scope`, with the deployment's name, and each stage's own things with the
 * stage's. Tags that an app sets further out lose against these, as is usual with the CDK.
 * https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html
 */
export function tagAll(
  scope: Construct,
  deployment: string,
  stages: Readonly<Record<string, readonly Construct[]>>,
  own: Readonly<Record<string, string>>,
): void {
  Tags.of(scope).add(`${OWN_TAGS}deployment`, deployment);
  for (const [stage, constructs] of Object.entries(stages))
    for (const construct of constructs) Tags.of(construct).add(`${OWN_TAGS}stage`, stage);
  for (const [name, value] of Object.entries(own)) Tags.of(scope).add(name, value);
}
