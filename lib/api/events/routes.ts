import { answering } from '../routing/route.ts';

/* What a machine alone has: a deployment is asked with `waitSeconds`. */

export const eventsRoute = answering<{ 200: Response }>()({
  method: 'get',
  path: '/v1/events',
  async taken() {
    const { eventsQuerySchema, eventsHeadersSchema } = await import('../schemas/events-asked.ts');
    return { query: eventsQuerySchema, header: eventsHeadersSchema };
  },
});
