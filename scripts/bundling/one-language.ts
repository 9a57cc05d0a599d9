import type { Plugin } from 'esbuild';

/** zod brings its messages in some fifty languages, and its index has them all loaded. Ours are in English. */
export const oneLanguage: Plugin = {
  name: 'one-language',
  setup(build) {
    build.onLoad({ filter: /node_modules\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};
