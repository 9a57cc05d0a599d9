import { variablesOf } from './aws-functions.ts';
import type { AwsServiceDouble } from './aws-service-double.ts';
import { startAwsServices } from './aws-service-double.ts';
import type { Origin } from './origin.ts';
import { startOrigin } from './origin.ts';
import type { S3Double } from './s3-double.ts';
import { startS3Double } from './s3-double.ts';

/** All that the functions meet outside: a store with the buckets `records` and `target`, other services, a source. */
export interface AwsDoubles extends AsyncDisposable {
  readonly store: S3Double;
  readonly services: AwsServiceDouble;
  readonly origin: Origin;
  /** The functions' environment among these. @param ports of other sources */
  variables(...ports: readonly number[]): Readonly<Record<string, string>>;
}

export async function startAwsDoubles(): Promise<AwsDoubles> {
  const [store, origin] = await Promise.all([startS3Double(), startOrigin()]);
  const services = await startAwsServices(store.endpoint);
  for (const bucket of ['records', 'target']) store.makeBucket(bucket);
  return {
    store,
    services,
    origin,
    variables: (...ports) => variablesOf(services.endpoint, [origin.port, ...ports]),
    async [Symbol.asyncDispose]() {
      for (const one of [services, store, origin]) await one[Symbol.asyncDispose]();
    },
  };
}
