import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { build } from 'esbuild';
import type { FunctionName } from '../../lib/aws/names.ts';
import { sdkOnLambda } from './on-lambda/sdk.ts';
import { OPTIONS, ROOT } from './options.ts';
import { together } from './together.ts';

/** Writes a function as it is deployed: `index.mjs`, and beside it what is read only when it is needed. */
export async function bundleFunction(stage: FunctionName, folder: string): Promise<Metafile> {
  const handler = join(ROOT, 'functions', stage, 'handler.ts');
  const { metafile } = await build({
    ...OPTIONS,
    entryPoints: { index: handler },
    plugins: [together(handler), sdkOnLambda, ...OPTIONS.plugins],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    target: 'node24',
  });
  return metafile;
}
