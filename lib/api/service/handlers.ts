import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { serviceRoute } from './routes.ts';

/** Of a deployment. */
const FEATURES_ON_AWS = ['batches'] as const;

export function serveService(app: OpenAPIHono<ApiEnv>, { version, machine }: ApiDeps): void {
  app.openapi(serviceRoute, (context) =>
    context.json(
      machine === undefined
        ? { home: 'aws' as const, version, features: [...FEATURES_ON_AWS] }
        : { home: 'machine' as const, version, features: [...machine.features], ...machine.look() },
      200,
    ),
  );
}
