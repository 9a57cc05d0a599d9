import { extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import type * as z from 'zod';
import { ZodType } from 'zod';

/*
 * Gives schemas the method `openapi`: what the OpenAPI document says of them. Each file of schemas imports this first.
 * Of zod it asks for one class. Given all of zod, it would have every bundle hold all of it.
 */
extendZodWithOpenApi({ ZodType } as typeof z);
