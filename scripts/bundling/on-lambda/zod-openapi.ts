import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * Of zod what the schemas use. `@hono/zod-openapi` hands all of it to a function that asks for `ZodType` alone, and so
 * keeps 160 KiB of it that are read at each start of the API.
 */
export const usedZod: Plugin = {
  name: 'used-zod',
  setup(build) {
    build.onLoad({ filter: /@hono\/zod-openapi\/dist\/index\.mjs$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      const all = 'import { z } from "zod";';
      if (!code.includes(all)) throw new Error(`${path}: it no longer takes all of zod in the way that is known here`);
      return { contents: code.replace(all, 'import { ZodType } from "zod";\nconst z = { ZodType };') };
    });
  },
};
