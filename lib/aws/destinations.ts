import type { Destination, Destinations } from '../destinations/destination.ts';
import { PieceworkError } from '../errors/error.ts';
import type { DestinationLocator } from '../transfer/locators.ts';
import { describeDestination } from '../transfer/locators.ts';
import type { BucketRule } from './names.ts';

/** The one S3, for what the rules allow and nothing else: IAM says the same, this says it in a sentence. */
export function allowedDestinations(destination: Destination, rules: readonly BucketRule[]): Destinations {
  return (to) => {
    if (isAllowed(to, rules)) return destination;
    throw new PieceworkError(
      'InvalidDestination',
      `${describeDestination(to)} is not among the destinations of this deployment: ${describeRules(rules)}`,
    );
  };
}

function isAllowed(to: DestinationLocator, rules: readonly BucketRule[]): boolean {
  return (
    to.kind === 's3' &&
    to.endpoint === undefined &&
    rules.some(({ bucket, prefix }) => to.bucket === bucket && to.key.startsWith(prefix))
  );
}

function describeRules(rules: readonly BucketRule[]): string {
  return rules.map(({ bucket, prefix }) => `s3://${bucket}/${prefix}`).join(', ');
}
