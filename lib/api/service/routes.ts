import { createRoute } from '@hono/zod-openapi';
import { json, problems } from '../routes.ts';
import { idParamSchema } from '../schemas/parameters.ts';
import { changeLimitsSchema, serviceSchema } from '../schemas/service.ts';
import { arrangeSchema } from '../schemas/standing.ts';
import { transferSchema } from '../schemas/transfer.ts';

/* What is said of the home itself, as data. */

export const serviceRoute = createRoute({
  method: 'get',
  path: '/v1/service',
  operationId: 'getService',
  summary: 'Which home answers, and what it has',
  description: 'On a machine also how many transfers run and wait there, and its limits.',
  responses: { 200: json(serviceSchema, 'As it stands.'), ...problems(403) },
});

export const limitRoute = createRoute({
  method: 'patch',
  path: '/v1/service',
  operationId: 'limitService',
  summary: 'Change the limits',
  description:
    'They hold within a second, and over restarts. What runs, and what is open, stays so to its end; a rate holds for what is under way, too.',
  request: { body: { required: true, content: { 'application/json': { schema: changeLimitsSchema } } } },
  responses: { 200: json(serviceSchema, 'As it then is.'), ...problems(400, 403, 413) },
});

export const pauseAllRoute = createRoute({
  method: 'post',
  path: '/v1/service/pause',
  operationId: 'pauseService',
  summary: 'Pause all transfers',
  description: 'Pieces that are under way come to their end; nothing more is begun, also after a restart.',
  responses: { 200: json(serviceSchema, 'As it then is.'), ...problems(403) },
});

export const resumeAllRoute = createRoute({
  method: 'post',
  path: '/v1/service/resume',
  operationId: 'resumeService',
  summary: 'Go on with all but those that were paused one by one',
  description: 'What waits gets the places that are free, in the order of the queue.',
  responses: { 200: json(serviceSchema, 'As it then is.'), ...problems(403) },
});

export const pauseRoute = createRoute({
  method: 'post',
  path: '/v1/transfers/{id}/pause',
  operationId: 'pauseTransfer',
  summary: 'Pause a transfer',
  description:
    'Pieces that are under way come to their end, for up to 30 s; nothing more is begun before it is resumed, also after a restart.',
  request: { params: idParamSchema },
  responses: { 202: json(transferSchema, 'As it then is.'), ...problems(403, 404, 409) },
});

export const resumeRoute = createRoute({
  method: 'post',
  path: '/v1/transfers/{id}/resume',
  operationId: 'resumeTransfer',
  summary: 'Go on with a paused transfer',
  description: 'When its turn comes, with what is missing.',
  request: { params: idParamSchema },
  responses: { 202: json(transferSchema, 'As it then is.'), ...problems(403, 404, 409) },
});

export const arrangeRoute = createRoute({
  method: 'patch',
  path: '/v1/transfers/{id}',
  operationId: 'arrangeTransfer',
  summary: 'Change its place in the queue',
  description:
    'What runs keeps its place; what waits gets the next one that becomes free by priority, then by position.',
  request: {
    params: idParamSchema,
    body: { required: true, content: { 'application/json': { schema: arrangeSchema } } },
  },
  responses: { 200: json(transferSchema, 'As it then is.'), ...problems(400, 403, 404, 409, 413) },
});
