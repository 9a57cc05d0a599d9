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
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({ contents: onFirstUse(path) }));
  },
};

/** To name a module is not to load it: its properties look it up when one of them is first asked for. */
function onFirstUse(path: string): string {
  const found = JSON.stringify(path);
  const builtin: unknown = process.getBuiltinModule(path);
  // A class or function itself, as `node:events` is: Node has loaded it before we begin.
  if (typeof builtin !== 'object' || builtin === null) return `module.exports = process.getBuiltinModule(${found});`;
  const properties = Object.keys(builtin).map((key) => {
    const name = JSON.stringify(key);
    return `get ${name}() { return load()[${name}]; }`;
  });
  return `let found;
const load = () => (found ??= process.getBuiltinModule(${found}));
module.exports = { ${properties.join(', ')} };`;
}
