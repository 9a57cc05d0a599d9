import { CfnOutput } from 'aws-cdk-lib';
import type { IApiKey, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { ApiKey, Period } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import type { PieceworkAuth, PieceworkLimits } from '../props/props.ts';

/** A consumer's key, by the name that its transfers belong to. */
export interface NamedKey {
  readonly id: string;
  readonly name: string;
}

/** Keys of the API, each with a usage plan of its own. @returns those that have a name */
export function addKeys(
  scope: Construct,
  rest: RestApi,
  { keys, ...limits }: PieceworkAuth & { readonly kind: 'apiKey' },
): readonly NamedKey[] {
  if (keys === undefined) {
    const key = rest.addApiKey('Key', { description: 'Piecework' });
    plan(rest, 'Plan', 'Piecework', key, limits);
    output(scope, key);
    return [];
  }
  return keys.map(({ name, ...own }) => {
    const consumer = new Construct(scope, `Consumer-${name}`);
    const description = `Piecework: ${name}`;
    // Not `addApiKey`, which ties the key to the deployed API: the API's function is given its id.
    const key = new ApiKey(consumer, 'Key', { description });
    plan(rest, `Plan-${name}`, description, key, own);
    output(consumer, key);
    return { id: key.keyId, name };
  });
}

function plan(rest: RestApi, id: string, description: string, key: IApiKey, limits: PieceworkLimits): void {
  const { ratePerSecond = 10, burst = 20, requestsPerDay } = limits;
  const made = rest.addUsagePlan(id, {
    description,
    throttle: { rateLimit: ratePerSecond, burstLimit: burst },
    ...(requestsPerDay === undefined ? {} : { quota: { limit: requestsPerDay, period: Period.DAY } }),
  });
  made.addApiKey(key);
  made.addApiStage({ stage: rest.deploymentStage });
}

function output(scope: Construct, key: IApiKey): void {
  new CfnOutput(scope, 'KeyId', {
    value: key.keyId,
    description: 'aws apigateway get-api-key --include-value --api-key …',
  });
}
