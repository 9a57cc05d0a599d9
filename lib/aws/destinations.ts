import type { Destination, Destinations } from '../destinations/destination.ts';
import { destinationsByKind } from '../destinations/destinations.ts';
import { describeS3, isS3 } from '../destinations/s3/locator.ts';
import { PieceworkError } from '../errors/error.ts';
import type { S3Locator } from '../s3/client.ts';
import type { DestinationLocator } from '../transfer/locators.ts';
import { prefixOfAll } from '../values/text/owner-name.ts';
import type { BucketRule } from './names.ts';
import { withdrawnDestination } from './withdrawn-destination.ts';

/**
 * The destinations that are registered here, for what the rules allow and nothing else: IAM says the same, this says it
 * in a sentence.
 */
export function allowedDestinations(registered: readonly Destination[], rules: readonly BucketRule[]): Destinations {
  const byKind = destinationsByKind(registered);
  return (to) => {
    if (isAllowed(to, rules)) return byKind(to);
    // Of a transfer that was begun when it was allowed: each step is refused, and what stands there can be named.
    if (isOurs(to)) return withdrawnDestination(byKind(to), describeRules(rules));
    throw new PieceworkError(
      'InvalidDestination',
      `${describeDestination(to)} is not among the destinations of this deployment: ${describeRules(rules)}`,
    );
  };
}

/** For people. What stands in the record of a transfer that is over may be no place of a deployment. */
export function describeDestination(to: DestinationLocator): string {
  return isS3(to) ? describeS3(to) : to.kind;
}

function isOurs(to: DestinationLocator): to is S3Locator {
  return isS3(to) && to.endpoint === undefined;
}

function isAllowed(to: DestinationLocator, rules: readonly BucketRule[]): boolean {
  return (
    isOurs(to) && rules.some(({ bucket, prefix }) => to.bucket === bucket && to.key.startsWith(prefixOfAll(prefix)))
  );
}

function describeRules(rules: readonly BucketRule[]): string {
  return rules.map(({ bucket, prefix }) => `s3://${bucket}/${prefix}`).join(', ');
}
