import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * Of the SDK's schemas only those of the calls that are made. Each client has those of all its operations in one file,
 * and their keys are constants: `{ [_hC]: "-" }`. What a computed key does esbuild can't know, so it keeps them all:
 * for S3 100 KiB that are read at each start. With the texts in place of the constants it keeps what is used.
 */
export const usedSchemas: Plugin = {
  name: 'used-schemas',
  setup(build) {
    build.onLoad({ filter: /node_modules\/@aws-sdk\/.*\/schemas\/schemas_\d+\.js$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      const texts = new Map([...code.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)].map(([, name, text]) => [name, text]));
      return { contents: code.replace(/\[(\w+)\](?=:)/g, (key, name: string) => texts.get(name) ?? key) };
    });
  },
};
