import { z } from '@hono/zod-openapi';

export const regionSchema = z.string().regex(/^[a-z0-9-]{1,40}$/, 'is no region');
