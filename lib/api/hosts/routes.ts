import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute } from '@hono/zod-openapi';
import type { ApiEnv } from '../deps.ts';
import { json, problems } from '../routes.ts';
import type { Hosts } from '../schemas/hosts.ts';
import { hostsSchema } from '../schemas/hosts.ts';

const hostsRoute = createRoute({
  method: 'get',
  path: '/v1/hosts',
  operationId: 'listHosts',
  summary: 'What was learned of the hosts of sources (a machine only)',
  description: 'By name: connections, patience, speed, failures by their code.',
  responses: { 200: json(hostsSchema, 'As it is known.'), ...problems(403) },
});

export function serveHosts(app: OpenAPIHono<ApiEnv>, look: () => Promise<Hosts>): void {
  app.openapi(hostsRoute, async (context) => context.json(await look(), 200));
}
