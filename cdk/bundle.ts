import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AssetCode } from 'aws-cdk-lib/aws-lambda';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { FunctionName } from '../lib/aws/names.ts';
import { PieceworkPropsError } from './props/props-error.ts';

/**
 * This is `cdk/bundle.ts` of a checkout, or `dist/cdk/bundle.js` of the package. The bundles lie in `dist/lambda/`
 * either way, so that an app that uses the package needs no esbuild.
 */
const PACKAGE = join(import.meta.dirname, ...(import.meta.filename.endsWith('.ts') ? ['..'] : ['..', '..']));

export function bundleOf(stage: FunctionName): AssetCode {
  const folder = join(PACKAGE, 'dist', 'lambda', stage);
  if (!existsSync(join(folder, 'index.mjs')))
    throw new PieceworkPropsError(
      `the code of the ${stage} function is missing in ${folder}: run "npm run bundle" first.`,
    );
  return Code.fromAsset(folder);
}

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
  return version;
}
