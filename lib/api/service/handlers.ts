import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import type { Service } from '../schemas/service.ts';
import { serviceRoute } from './routes.ts';

/** Of a deployment. */
const FEATURES_ON_AWS = ['batches'] as const;

export function serveService(app: OpenAPIHono<ApiEnv>, deps: ApiDeps): void {
  app.openapi(serviceRoute, (context) => context.json(viewService(deps), 200));
}

/** The home as it stands. */
export function viewService({ version, machine, feed }: Pick<ApiDeps, 'version' | 'machine' | 'feed'>): Service {
  if (machine === undefined) return { home: 'aws', version, features: [...FEATURES_ON_AWS] };
  const features = [...machine.features, ...(feed === undefined ? [] : (['events'] as const))];
  return { home: 'machine', version, features, ...machine.look() };
}
