import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Keeps what is read at each start in one file. esbuild makes a file of its own for each set of parts that share
 * something, and has no way to be asked for fewer: a start read 35 of them, and to find and link one costs Node about a
 * millisecond. So every part that is loaded later begins with an import of what was read before it: all that stands
 * there is then shared by the same parts.
 * @param entry what is started
 * @param next what most commands load after it, together; it has a file of its own
 */
export function together(entry: string, next: readonly string[] = []): Plugin {
  return {
    name: 'together',
    setup(build) {
      const first = importsOf(entry).map((path) => join(dirname(entry), path));
      build.onResolve({ filter: /./ }, async ({ path, kind, importer, resolveDir, namespace }) => {
        if (kind !== 'dynamic-import' || namespace === NAMESPACE) return undefined;
        const found = await build.resolve(path, {
          kind: 'import-statement',
          importer,
          resolveDir,
          namespace: NAMESPACE,
        });
        return found.external || found.namespace !== 'file' ? found : { path: found.path, namespace: NAMESPACE };
      });
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => {
        const imports = [...first, ...next].map((one) => `import ${JSON.stringify(one)};`);
        const all = `export * from ${JSON.stringify(path)};`;
        const one = hasDefault(path) ? `export { default } from ${JSON.stringify(path)};` : '';
        return { contents: [...imports, all, one].join('\n'), resolveDir: dirname(path) };
      });
    },
  };
}

const NAMESPACE = 'later';

/** Of our own modules, which are all formatted alike. */
function importsOf(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^import (?!type\b).*'(\..*)';$/gm)].map(([, found = '']) => found);
}

function hasDefault(path: string): boolean {
  return /\bexport default\b|\bas default\b|\bmodule\.exports\b/.test(readFileSync(path, 'utf8'));
}
