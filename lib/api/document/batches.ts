import * as z from 'zod';
import {
  arrangeBatchRoute,
  cancelBatchRoute,
  getBatchRoute,
  listBatchesRoute,
  outcomesRoute,
  pauseBatchRoute,
  reportRoute,
  resumeBatchRoute,
  retryBatchRoute,
  submitBatchRoute,
} from '../batches/routes.ts';
import { batchDetailSchema, batchPageSchema, batchSchema, outcomesPageSchema } from '../schemas/batches/answers.ts';
import { ANSWER_HEADERS, LOOK_HEADERS, reportHeaders, submitHeaders } from '../schemas/headers.ts';
import { describe, json, problems } from './describe.ts';

export const BATCHES = [
  describe(submitBatchRoute, {
    operationId: 'submitBatch',
    summary: 'Submit a batch: many sources, one prefix',
    description: 'Takes a list on. It is read after the answer; follow the batch at `Location`.',
    responses: {
      202: { ...json(batchSchema, 'Accepted.'), headers: submitHeaders('batch') },
      ...problems(400, 403, 409, 413, 422),
    },
  }),
  describe(listBatchesRoute, {
    operationId: 'listBatches',
    summary: 'List batches',
    description: 'Newest first; the caller’s own where the deployment restricts reading to owners.',
    responses: { 200: json(batchPageSchema, 'A page.'), ...problems(400, 403) },
  }),
  describe(getBatchRoute, {
    operationId: 'getBatch',
    summary: 'Look at a batch',
    description: 'How far it is, its hosts, and its failures by their cause.',
    responses: {
      200: { ...json(batchDetailSchema, 'As it stands.'), headers: LOOK_HEADERS },
      ...problems(400, 403, 404),
    },
  }),
  describe(outcomesRoute, {
    operationId: 'listOutcomes',
    summary: 'What became of its entries',
    description: 'Those that are written so far, also before the end.',
    responses: { 200: json(outcomesPageSchema, 'A page.'), ...problems(400, 403, 404) },
  }),
  describe(reportRoute, {
    operationId: 'getReport',
    summary: 'Where its report is',
    description:
      'Leads to a link that anyone who has it can read for 15 minutes; a machine answers with the report itself, where it is a file.',
    responses: {
      200: {
        description: 'The report itself (a machine only).',
        content: { 'application/jsonl': { schema: z.string() }, 'text/csv': { schema: z.string() } },
        headers: ANSWER_HEADERS,
      },
      302: { description: 'There it is.', headers: reportHeaders },
      ...problems(403, 404, 409),
    },
  }),
  describe(cancelBatchRoute, {
    operationId: 'cancelBatch',
    summary: 'Cancel a batch',
    description:
      'Nothing more is begun, open transfers of its large entries are cancelled, and what has no outcome becomes `cancelled`. What was brought stays. It has ended when its status says so.',
    responses: { 202: json(batchSchema, 'As it then is.'), ...problems(403, 404, 409) },
  }),
  describe(retryBatchRoute, {
    operationId: 'retryBatch',
    summary: 'Run again what failed of a batch',
    description: 'What failed or was cancelled, and nothing else, as the next run.',
    responses: {
      202: { ...json(batchSchema, 'Accepted again.'), headers: submitHeaders('batch') },
      ...problems(403, 404, 409, 422),
    },
  }),
  describe(pauseBatchRoute, {
    operationId: 'pauseBatch',
    summary: 'Pause a batch (a machine only)',
    description:
      'What is under way comes to its end, for up to 30 s; nothing more is begun before it is resumed, also after a restart.',
    responses: { 202: json(batchSchema, 'As it then is.'), ...problems(403, 404, 409) },
  }),
  describe(arrangeBatchRoute, {
    operationId: 'arrangeBatch',
    summary: 'Change its place in the queue of batches',
    description:
      'What runs keeps its place; what waits gets the next one that becomes free by priority, then by position. Its large entries wait for their places as other transfers do.',
    responses: { 200: json(batchSchema, 'As it then is.'), ...problems(400, 403, 404, 409, 413) },
  }),
  describe(resumeBatchRoute, {
    operationId: 'resumeBatch',
    summary: 'Go on with a paused batch (a machine only)',
    description: 'When its turn comes, with what is missing.',
    responses: { 202: json(batchSchema, 'As it then is.'), ...problems(403, 404, 409) },
  }),
] as const;
