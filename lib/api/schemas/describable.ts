import { extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import type * as z from 'zod';
import { ZodType } from 'zod';

/**
 * Gives schemas that are made from now on the method `openapi`: what the OpenAPI document says of them. Each file of
 * schemas calls it first. It is no side effect of an import, since a bundle that is split keeps no order among those.
 */
export function makeDescribable(): void {
  // Of zod it asks for one class. Given all of zod, it would have every bundle hold all of it.
  extendZodWithOpenApi({ ZodType } as typeof z);
}
