import { createRoute } from '@hono/zod-openapi';
import { json, problems } from '../routes.ts';
import { serviceSchema } from '../schemas/service.ts';

/* What is said of the home itself, as data. */

export const serviceRoute = createRoute({
  method: 'get',
  path: '/v1/service',
  operationId: 'getService',
  summary: 'Which home answers, and what it has',
  description: 'On a machine also how many transfers run and wait there, and its limits.',
  responses: { 200: json(serviceSchema, 'As it stands.'), ...problems(403) },
});
