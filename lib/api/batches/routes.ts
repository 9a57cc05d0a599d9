import { answering } from '../routing/route.ts';
import type { Batch, BatchDetail, BatchPage, OutcomePage } from '../schemas/batches/answers.ts';

/* The paths of batches. What is said of them to readers: `lib/api/document/batches.ts`. */

const parameters = () => import('../schemas/batches/parameters.ts');
const ofBatch = async () => ({ param: (await parameters()).batchIdSchema });

export const submitBatchRoute = answering<{ 202: Batch }>()({
  method: 'post',
  path: '/v1/batches',
  async taken() {
    const [{ submitHeadersSchema }, { batchSubmitSchema }] = await Promise.all([
      import('../schemas/submit.ts'),
      import('../schemas/batches/request.ts'),
    ]);
    return { header: submitHeadersSchema, json: batchSubmitSchema };
  },
});

export const listBatchesRoute = answering<{ 200: BatchPage }>()({
  method: 'get',
  path: '/v1/batches',
  taken: async () => ({ query: (await parameters()).listBatchesQuerySchema }),
});

export const getBatchRoute = answering<{ 200: BatchDetail }>()({
  method: 'get',
  path: '/v1/batches/{id}',
  async taken() {
    const { batchIdSchema, getBatchQuerySchema } = await parameters();
    return { query: getBatchQuerySchema, param: batchIdSchema };
  },
});

export const outcomesRoute = answering<{ 200: OutcomePage }>()({
  method: 'get',
  path: '/v1/batches/{id}/outcomes',
  async taken() {
    const { batchIdSchema, outcomesQuerySchema } = await parameters();
    return { query: outcomesQuerySchema, param: batchIdSchema };
  },
});

export const reportRoute = answering<{ 200: Response; 302: Response }>()({
  method: 'get',
  path: '/v1/batches/{id}/report',
  taken: ofBatch,
});

export const cancelBatchRoute = answering<{ 202: Batch }>()({
  method: 'post',
  path: '/v1/batches/{id}/cancel',
  taken: ofBatch,
});

export const retryBatchRoute = answering<{ 202: Batch }>()({
  method: 'post',
  path: '/v1/batches/{id}/retry',
  taken: ofBatch,
});

export const pauseBatchRoute = answering<{ 202: Batch }>()({
  method: 'post',
  path: '/v1/batches/{id}/pause',
  taken: ofBatch,
});

export const arrangeBatchRoute = answering<{ 200: Batch }>()({
  method: 'patch',
  path: '/v1/batches/{id}',
  taken: async () => ({ ...(await ofBatch()), json: (await import('../schemas/standing.ts')).arrangeSchema }),
});

export const resumeBatchRoute = answering<{ 202: Batch }>()({
  method: 'post',
  path: '/v1/batches/{id}/resume',
  taken: ofBatch,
});
