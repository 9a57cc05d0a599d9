import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Takes Node's own modules as they are, each when it is first used, without what an ES module's `import` of them costs:
 * Node then loads it and reads every property that it has, and so builds streams, crypto's keys and the process's three
 * streams for a command that uses none of them. 12 of the 20 ms that nine modules take (Node 24); `child_process` and
 * `tls`, which a copy over plain HTTP never uses, are 12 ms more.
 */
export const builtins: Plugin = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
      isBuiltin(path) && kind !== 'dynamic-import' ? { path, namespace: 'builtin' } : undefined,
    );
    build.onResolve({ filter: /^on-first-use$/ }, ({ path }) => ({ path, namespace: 'on-first-use' }));
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({ contents: stub(path) }));
    build.onLoad({ filter: /./, namespace: 'on-first-use' }, () => ({ contents: ON_FIRST_USE }));
  },
};

function stub(path: string): string {
  const found = JSON.stringify(path);
  const builtin: unknown = process.getBuiltinModule(path);
  // A class or function itself, as `node:events` is, and `node:process`: Node has loaded it before we begin.
  const isThere = typeof builtin !== 'object' || builtin === null || builtin === process;
  return isThere
    ? `module.exports = process.getBuiltinModule(${found});`
    : `module.exports = require('on-first-use')(() => process.getBuiltinModule(${found}));`;
}

/**
 * To name a module is not to load it. Its properties are the prototype's: esbuild copies those of the object itself,
 * and some hundred for each module would take longer than to load it. What was asked for once is kept where it was.
 */
const ON_FIRST_USE = `module.exports = (load) => Object.create(new Proxy({}, {
  get(_, name, asked) {
    if (name === '__esModule') return undefined;
    const value = load()[name];
    if (value !== undefined) Object.defineProperty(asked, name, { value, writable: true, configurable: true, enumerable: true });
    return value;
  },
  has: (_, name) => name in load(),
}));`;
