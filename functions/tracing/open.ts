import type { AwsHome } from '../../lib/aws/home.ts';
import { serviceName } from '../../lib/aws/names.ts';
import type { Tracing } from '../../lib/aws/tracing/tracing.ts';

/** Reads the tracer only where the deployment asks for traces: it would lengthen every cold start. */
export async function openTracing({
  environment,
  log,
}: Pick<AwsHome, 'environment' | 'log'>): Promise<Tracing | undefined> {
  const { tracing, stage, version, deployment } = environment;
  if (tracing === undefined) return undefined;
  const { openTelemetry } = await import('./otel.ts');
  const resource = {
    'service.name': serviceName(stage),
    'service.version': version,
    'piecework.deployment': deployment,
    'cloud.provider': 'aws',
  };
  return openTelemetry({ ...tracing, resource, warn: (sentence) => log.warn(sentence) });
}
