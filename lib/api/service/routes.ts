import { answering, nothing } from '../routing/route.ts';
import { idParamSchema } from '../schemas/one-transfer.ts';
import type { Service } from '../schemas/service.ts';
import type { Transfer } from '../schemas/transfer.ts';

/* What is asked of the home itself. What is said of it to readers: `lib/api/document/service.ts`. */

export const serviceRoute = answering<{ 200: Service }>()({ method: 'get', path: '/v1/service', taken: nothing });

export const limitRoute = answering<{ 200: Service }>()({
  method: 'patch',
  path: '/v1/service',
  taken: async () => ({ json: (await import('../schemas/limits.ts')).changeLimitsSchema }),
});

export const pauseAllRoute = answering<{ 200: Service }>()({
  method: 'post',
  path: '/v1/service/pause',
  taken: nothing,
});

export const resumeAllRoute = answering<{ 200: Service }>()({
  method: 'post',
  path: '/v1/service/resume',
  taken: nothing,
});

export const pauseRoute = answering<{ 202: Transfer }>()({
  method: 'post',
  path: '/v1/transfers/{id}/pause',
  taken: () => ({ param: idParamSchema }),
});

export const resumeRoute = answering<{ 202: Transfer }>()({
  method: 'post',
  path: '/v1/transfers/{id}/resume',
  taken: () => ({ param: idParamSchema }),
});

export const arrangeRoute = answering<{ 200: Transfer }>()({
  method: 'patch',
  path: '/v1/transfers/{id}',
  taken: async () => ({ param: idParamSchema, json: (await import('../schemas/standing.ts')).arrangeSchema }),
});
