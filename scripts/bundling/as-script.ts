import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { transform } from 'esbuild';
import { OLDEST_NODE } from './options.ts';

/** The place of a script, where an ES module asks for its URL. */
const URL_OF_SCRIPT = 'urlOfScript';
const ITS_URL = `const ${URL_OF_SCRIPT} = require('node:url').pathToFileURL(__filename).href;`;

/**
 * Writes an ES module as a CommonJS file, with its source map beside it. What it imports when it is needed it then
 * requires when it is needed.
 * @param text with its source map inside
 */
export async function writeAsScript(path: string, text: string): Promise<void> {
  const { code, map } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: OLDEST_NODE,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': URL_OF_SCRIPT, 'import.meta.dirname': '__dirname' },
    ...(text.includes('import.meta.url') && { banner: ITS_URL }),
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'external',
    sourcesContent: false,
  });
  await writeFile(path, `${code}//# sourceMappingURL=${basename(path)}.map\n`);
  await writeFile(`${path}.map`, map);
}
