import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { json, problems } from '../routes.ts';
import { batchDetailSchema, batchPageSchema, batchSchema, outcomesPageSchema } from '../schemas/batches/answers.ts';
import {
  batchIdSchema,
  getBatchQuerySchema,
  listBatchesQuerySchema,
  outcomesQuerySchema,
} from '../schemas/batches/parameters.ts';
import { batchSubmitSchema } from '../schemas/batches/request.ts';
import { ANSWER_HEADERS, LOOK_HEADERS, reportHeaders, submitHeaders } from '../schemas/headers.ts';
import { submitHeadersSchema } from '../schemas/parameters.ts';
import { arrangeSchema } from '../schemas/standing.ts';

/* The paths of batches, as data. */

export const submitBatchRoute = createRoute({
  method: 'post',
  path: '/v1/batches',
  operationId: 'submitBatch',
  summary: 'Submit a batch: many sources, one prefix',
  description: 'Takes a list on. It is read after the answer; follow the batch at `Location`.',
  request: {
    headers: submitHeadersSchema,
    body: { required: true, content: { 'application/json': { schema: batchSubmitSchema } } },
  },
  responses: {
    202: { ...json(batchSchema, 'Accepted.'), headers: submitHeaders('batch') },
    ...problems(400, 403, 409, 413, 422),
  },
});

export const listBatchesRoute = createRoute({
  method: 'get',
  path: '/v1/batches',
  operationId: 'listBatches',
  summary: 'List batches',
  description: 'Newest first; the caller’s own where the deployment restricts reading to owners.',
  request: { query: listBatchesQuerySchema },
  responses: { 200: json(batchPageSchema, 'A page.'), ...problems(400, 403) },
});

export const getBatchRoute = createRoute({
  method: 'get',
  path: '/v1/batches/{id}',
  operationId: 'getBatch',
  summary: 'Look at a batch',
  description: 'How far it is, its hosts, and its failures by their cause.',
  request: { params: batchIdSchema, query: getBatchQuerySchema },
  responses: {
    200: { ...json(batchDetailSchema, 'As it stands.'), headers: LOOK_HEADERS },
    ...problems(400, 403, 404),
  },
});

export const outcomesRoute = createRoute({
  method: 'get',
  path: '/v1/batches/{id}/outcomes',
  operationId: 'listOutcomes',
  summary: 'What became of its entries',
  description: 'Those that are written so far, also before the end.',
  request: { params: batchIdSchema, query: outcomesQuerySchema },
  responses: { 200: json(outcomesPageSchema, 'A page.'), ...problems(400, 403, 404) },
});

export const reportRoute = createRoute({
  method: 'get',
  path: '/v1/batches/{id}/report',
  operationId: 'getReport',
  summary: 'Where its report is',
  description:
    'Leads to a link that anyone who has it can read for 15 minutes; a machine answers with the report itself, where it is a file.',
  request: { params: batchIdSchema },
  responses: {
    200: {
      description: 'The report itself (a machine only).',
      content: { 'application/jsonl': { schema: z.string() }, 'text/csv': { schema: z.string() } },
      headers: ANSWER_HEADERS,
    },
    302: { description: 'There it is.', headers: reportHeaders },
    ...problems(403, 404, 409),
  },
});

export const cancelBatchRoute = createRoute({
  method: 'post',
  path: '/v1/batches/{id}/cancel',
  operationId: 'cancelBatch',
  summary: 'Cancel a batch',
  description:
    'Nothing more is begun, open transfers of its large entries are cancelled, and what has no outcome becomes `cancelled`. What was brought stays. It has ended when its status says so.',
  request: { params: batchIdSchema },
  responses: { 202: json(batchSchema, 'As it then is.'), ...problems(403, 404, 409) },
});

export const retryBatchRoute = createRoute({
  method: 'post',
  path: '/v1/batches/{id}/retry',
  operationId: 'retryBatch',
  summary: 'Run again what failed of a batch',
  description: 'What failed or was cancelled, and nothing else, as the next run.',
  request: { params: batchIdSchema },
  responses: {
    202: { ...json(batchSchema, 'Accepted again.'), headers: submitHeaders('batch') },
    ...problems(403, 404, 409, 422),
  },
});

export const pauseBatchRoute = createRoute({
  method: 'post',
  path: '/v1/batches/{id}/pause',
  operationId: 'pauseBatch',
  summary: 'Pause a batch (a machine only)',
  description:
    'What is under way comes to its end, for up to 30 s; nothing more is begun before it is resumed, also after a restart.',
  request: { params: batchIdSchema },
  responses: { 202: json(batchSchema, 'As it then is.'), ...problems(403, 404, 409) },
});

export const arrangeBatchRoute = createRoute({
  method: 'patch',
  path: '/v1/batches/{id}',
  operationId: 'arrangeBatch',
  summary: 'Change its place in the queue of batches',
  description:
    'What runs keeps its place; what waits gets the next one that becomes free by priority, then by position. Its large entries wait for their places as other transfers do.',
  request: {
    params: batchIdSchema,
    body: { required: true, content: { 'application/json': { schema: arrangeSchema } } },
  },
  responses: { 200: json(batchSchema, 'As it then is.'), ...problems(400, 403, 404, 409, 413) },
});

export const resumeBatchRoute = createRoute({
  method: 'post',
  path: '/v1/batches/{id}/resume',
  operationId: 'resumeBatch',
  summary: 'Go on with a paused batch (a machine only)',
  description: 'When its turn comes, with what is missing.',
  request: { params: batchIdSchema },
  responses: { 202: json(batchSchema, 'As it then is.'), ...problems(403, 404, 409) },
});
