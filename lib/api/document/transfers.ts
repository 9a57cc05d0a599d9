import { cancelRoute, getRoute, healthRoute, listRoute, retryRoute, submitRoute } from '../routes.ts';
import { dryRunSchema } from '../schemas/dry-run.ts';
import { LOOK_HEADERS, submitHeaders } from '../schemas/headers.ts';
import { healthSchema, transferDetailSchema, transferPageSchema, transferSchema } from '../schemas/transfer.ts';
import { describe, json, problems } from './describe.ts';

export const TRANSFERS = [
  describe(submitRoute, {
    operationId: 'submitTransfer',
    summary: 'Submit a transfer',
    description:
      'Takes a transfer on. It is planned and fetched after the answer; follow it at `Location`. With `dryRun` nothing is taken on: the source is asked, and the answer says what the transfer would be.',
    responses: {
      200: json(dryRunSchema, 'What it would come to (`dryRun`).'),
      202: { ...json(transferSchema, 'Accepted.'), headers: submitHeaders('transfer') },
      ...problems(400, 403, 409, 413, 422),
    },
  }),
  describe(listRoute, {
    operationId: 'listTransfers',
    summary: 'List transfers',
    description:
      'The transfers of this deployment, newest first, without those that large entries of batches are; the caller’s own where the deployment restricts reading to owners.',
    responses: { 200: json(transferPageSchema, 'A page.'), ...problems(400, 403) },
  }),
  describe(getRoute, {
    operationId: 'getTransfer',
    summary: 'Look at a transfer',
    description: 'Its record, and its pieces as the ledger (the open multipart upload) has them.',
    responses: {
      200: { ...json(transferDetailSchema, 'As it stands.'), headers: LOOK_HEADERS },
      ...problems(400, 403, 404),
    },
  }),
  describe(cancelRoute, {
    operationId: 'cancelTransfer',
    summary: 'Cancel a transfer',
    description:
      'Final before `finalizing`; during it the completion may still win, and `ending` says that a cancel is under way.',
    responses: { 202: json(transferSchema, 'As it then is.'), ...problems(403, 404, 409) },
  }),
  describe(retryRoute, {
    bodyRequired: false,
    operationId: 'retryTransfer',
    summary: 'Retry a failed transfer',
    description:
      'Starts the next run. While the pieces are held and the source is still the same, only the missing ones are fetched. A body is needed only where the source is to be given again.',
    responses: {
      202: { ...json(transferSchema, 'Accepted again.'), headers: submitHeaders('transfer') },
      ...problems(400, 403, 404, 409, 413, 422),
    },
  }),
  describe(healthRoute, {
    operationId: 'health',
    summary: 'Is it there?',
    description: 'Asks nothing of anything behind the API.',
    responses: { 200: json(healthSchema, 'It is.'), ...problems() },
  }),
] as const;
