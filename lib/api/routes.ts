import { answering, nothing } from './routing/route.ts';
import type { DryRun } from './schemas/dry-run.ts';
import { getQuerySchema, idParamSchema } from './schemas/one-transfer.ts';
import type { Health, Transfer, TransferDetail, TransferPage } from './schemas/transfer.ts';

/* The paths of transfers. What is said of them to readers: `lib/api/document/transfers.ts`. */

export const submitRoute = answering<{ 200: DryRun; 202: Transfer }>()({
  method: 'post',
  path: '/v1/transfers',
  async taken() {
    const [{ dryRunQuerySchema, submitHeadersSchema }, { submitSchema }] = await Promise.all([
      import('./schemas/submit.ts'),
      import('./schemas/request.ts'),
    ]);
    return { query: dryRunQuerySchema, header: submitHeadersSchema, json: submitSchema };
  },
});

export const listRoute = answering<{ 200: TransferPage }>()({
  method: 'get',
  path: '/v1/transfers',
  taken: async () => ({ query: (await import('./schemas/list-query.ts')).listQuerySchema }),
});

export const getRoute = answering<{ 200: TransferDetail }>()({
  method: 'get',
  path: '/v1/transfers/{id}',
  taken: () => ({ query: getQuerySchema, param: idParamSchema }),
});

export const cancelRoute = answering<{ 202: Transfer }>()({
  method: 'post',
  path: '/v1/transfers/{id}/cancel',
  taken: () => ({ param: idParamSchema }),
});

export const retryRoute = answering<{ 202: Transfer }>()({
  method: 'post',
  path: '/v1/transfers/{id}/retry',
  taken: async () => ({ param: idParamSchema, json: (await import('./schemas/request.ts')).retrySchema }),
});

export const healthRoute = answering<{ 200: Health }>()({ method: 'get', path: '/v1/health', taken: nothing });
