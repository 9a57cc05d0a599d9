import { createRoute } from '@hono/zod-openapi';
import type * as z from 'zod';
import { dryRunQuerySchema, dryRunSchema } from './schemas/dry-run.ts';
import { ANSWER_HEADERS, LOOK_HEADERS, PROBLEM_HEADERS, submitHeaders } from './schemas/headers.ts';
import { getQuerySchema, idParamSchema, listQuerySchema, submitHeadersSchema } from './schemas/parameters.ts';
import { retrySchema, submitSchema } from './schemas/request.ts';
import {
  healthSchema,
  problemSchema,
  transferDetailSchema,
  transferPageSchema,
  transferSchema,
} from './schemas/transfer.ts';

/* The paths of the API, as data: validation, the OpenAPI document and docs/api.md come from here. */

export const json = <T extends z.ZodType>(schema: T, description: string) =>
  ({ description, content: { 'application/json': { schema } }, headers: ANSWER_HEADERS }) as const;

const PROBLEMS = {
  400: 'The request is wrong; `errors` names each field.',
  403: 'The caller is not known, or may not do this: `NotOwner` where only the owner of the transfer or batch may.',
  404: 'There is no such transfer or batch, or the caller may not see it.',
  409: 'The state of the transfer or batch, or an idempotency key that was used for another body, stands against it.',
  413: 'The body has more than 64 KiB; of a batch, more than 4 MiB.',
  422: 'Well-formed, and refused by the rules of this deployment or the limits of the store: source or destination not allowed, size beyond limits, settings that no header carries (`errors` names each). Of a dry run also what would end the transfer, such as `SourceNotFound`.',
  429: 'Too much is asked at once; `Retry-After` says when to come again.',
  500: 'This deployment has a problem of its own; its operator finds it in the log, by `requestId`.',
  503: 'A service behind the API does not answer, or the API is shutting down; `Retry-After` says when to come again.',
} as const;

/** What any request may be answered with. */
export const ALWAYS = [429, 500, 503] as const;

export function problems<const Status extends Exclude<keyof typeof PROBLEMS, (typeof ALWAYS)[number]>>(
  ...statuses: readonly Status[]
) {
  const problem = (status: keyof typeof PROBLEMS) => ({
    description: PROBLEMS[status],
    content: { 'application/problem+json': { schema: problemSchema } },
    headers: PROBLEM_HEADERS,
  });
  return Object.fromEntries([...statuses, ...ALWAYS].map((status) => [status, problem(status)])) as {
    [Key in Status | (typeof ALWAYS)[number]]: ReturnType<typeof problem>;
  };
}

export const submitRoute = createRoute({
  method: 'post',
  path: '/v1/transfers',
  operationId: 'submitTransfer',
  summary: 'Submit a transfer',
  description:
    'Takes a transfer on. It is planned and fetched after the answer; follow it at `Location`. With `dryRun` nothing is taken on: the source is asked, and the answer says what the transfer would be.',
  request: {
    query: dryRunQuerySchema,
    headers: submitHeadersSchema,
    body: { required: true, content: { 'application/json': { schema: submitSchema } } },
  },
  responses: {
    200: json(dryRunSchema, 'What it would come to (`dryRun`).'),
    202: { ...json(transferSchema, 'Accepted.'), headers: submitHeaders('transfer') },
    ...problems(400, 403, 409, 413, 422),
  },
});

export const listRoute = createRoute({
  method: 'get',
  path: '/v1/transfers',
  operationId: 'listTransfers',
  summary: 'List transfers',
  description:
    'The transfers of this deployment, newest first, without those that large entries of batches are; the caller’s own where the deployment restricts reading to owners.',
  request: { query: listQuerySchema },
  responses: { 200: json(transferPageSchema, 'A page.'), ...problems(400, 403) },
});

export const getRoute = createRoute({
  method: 'get',
  path: '/v1/transfers/{id}',
  operationId: 'getTransfer',
  summary: 'Look at a transfer',
  description: 'Its record, and its pieces as the ledger (the open multipart upload) has them.',
  request: { params: idParamSchema, query: getQuerySchema },
  responses: {
    200: { ...json(transferDetailSchema, 'As it stands.'), headers: LOOK_HEADERS },
    ...problems(400, 403, 404),
  },
});

export const cancelRoute = createRoute({
  method: 'post',
  path: '/v1/transfers/{id}/cancel',
  operationId: 'cancelTransfer',
  summary: 'Cancel a transfer',
  description:
    'Final before `finalizing`; during it the completion may still win, and `ending` says that a cancel is under way.',
  request: { params: idParamSchema },
  responses: { 202: json(transferSchema, 'As it then is.'), ...problems(403, 404, 409) },
});

export const retryRoute = createRoute({
  method: 'post',
  path: '/v1/transfers/{id}/retry',
  operationId: 'retryTransfer',
  summary: 'Retry a failed transfer',
  description:
    'Starts the next run. While the pieces are held and the source is still the same, only the missing ones are fetched. A body is needed only where the source is to be given again.',
  request: {
    params: idParamSchema,
    body: { required: false, content: { 'application/json': { schema: retrySchema } } },
  },
  responses: {
    202: { ...json(transferSchema, 'Accepted again.'), headers: submitHeaders('transfer') },
    ...problems(400, 403, 404, 409, 413, 422),
  },
});

export const healthRoute = createRoute({
  method: 'get',
  path: '/v1/health',
  operationId: 'health',
  summary: 'Is it there?',
  description: 'Asks nothing of anything behind the API.',
  responses: { 200: json(healthSchema, 'It is.'), ...problems() },
});
