import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleCommand } from '../scripts/bundling/command.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What is measured: the script that Node is given. */
export interface Piecework extends AsyncDisposable {
  readonly binary: string;
  /** In words. */
  readonly what: string;
}

/** As people install it, built now from this checkout into a temporary folder. */
export async function buildPackage(): Promise<Piecework> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-package-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    await compile(join(folder, 'dist'));
    await bundleCommand(join(folder, 'dist', 'cli'));
    for (const name of ['bin', 'package.json']) await cp(join(ROOT, name), join(folder, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    binary: join(folder, 'bin', 'piecework.js'),
    what: 'as packaged',
    [Symbol.asyncDispose]: dispose,
  };
}

async function compile(into: string): Promise<void> {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', into];
  try {
    // Whether the types agree is for the tests to say.
    await promisify(execFile)(process.execPath, [compiler, ...project, '--noEmitOnError', 'false'], { cwd: ROOT });
  } catch (error) {
    if (!existsSync(join(into, 'lib', 'index.js'))) throw error;
  }
}

/** This checkout: its bundle where that is current, else its sources, whose types Node strips at each start. */
export function fromSources(): Piecework {
  return {
    binary: join(ROOT, 'bin', 'piecework.js'),
    what: 'from the checkout',
    async [Symbol.asyncDispose]() {},
  };
}
