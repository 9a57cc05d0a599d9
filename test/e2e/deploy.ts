import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Cloud } from './stand-in.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const CDK = join(ROOT, 'node_modules', '.bin', 'cdk');
/** Finds a deployment that hangs, and waits for one that is slow. */
const LONGEST_MS = 240_000;

export interface Deployment {
  readonly outputs: Readonly<Record<string, string>>;
}

export async function bootstrap(cloud: Cloud): Promise<void> {
  // From the checkout and without a setting, as the documents have it.
  await cdk(cloud, ['bootstrap', `aws://${cloud.account}/${cloud.region}`, '--build', 'true']);
}

/** The real `cdk deploy` of this repository's own app, whatever the cloud. */
export async function deploy(
  cloud: Cloud,
  stack: string,
  context: Readonly<Record<string, string>>,
): Promise<Deployment> {
  return await deployApp(cloud, ROOT, stack, { stackName: stack, ...context });
}

/** Of the CDK app in a folder. */
export async function deployApp(
  cloud: Cloud,
  folder: string,
  stack: string,
  context: Readonly<Record<string, string>>,
): Promise<Deployment> {
  const temporary = await mkdtemp(join(tmpdir(), 'piecework-deploy-'));
  try {
    const settings = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const outputs = join(temporary, 'outputs.json');
    const files = ['--output', join(temporary, 'cdk.out'), '--outputs-file', outputs];
    // Our cdk.json bundles first, which `npm run e2e` has done already.
    await cdk(
      cloud,
      ['deploy', stack, ...settings, ...files, '--require-approval', 'never', '--build', 'true'],
      folder,
    );
    const all = JSON.parse(await readFile(outputs, 'utf8')) as Record<string, Record<string, string>>;
    return {
      outputs: Object.fromEntries(
        Object.entries(all[stack] ?? {}).map(([name, value]) => [name.replace(/^Piecework/, ''), value]),
      ),
    };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

export async function destroy(cloud: Cloud, stack: string, context: Readonly<Record<string, string>>): Promise<void> {
  const settings = Object.entries({ stackName: stack, ...context }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  await cdk(cloud, ['destroy', stack, ...settings, '--force', '--build', 'true']);
}

async function cdk(cloud: Cloud, args: readonly string[], cwd = ROOT): Promise<void> {
  try {
    await run(CDK, [...args, '--ci', '--no-notices'], {
      cwd,
      timeout: LONGEST_MS,
      maxBuffer: 64 * 1024 ** 2,
      env: {
        PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
        HOME: process.env['HOME'],
        NODE_NO_WARNINGS: '1',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        ...cloud.env,
      },
    });
  } catch (cause) {
    const { stdout, stderr, killed } = cause as { stdout?: string; stderr?: string; killed?: boolean };
    throw new Error(
      `cdk ${args[0]} ${killed === true ? `did not end in ${LONGEST_MS / 1000} s` : 'failed'}:\n${stdout ?? ''}\n${stderr ?? ''}`.slice(
        -6000,
      ),
      { cause },
    );
  }
}
