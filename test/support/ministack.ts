import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { S3Server } from './s3-process.ts';
import { ServerMissing, startOnFreePort } from './s3-process.ts';

const run = promisify(execFile);
const VERSION = '1.5.33';
/** Its functions are processes of its own, children of `pid`. */
export interface MiniStackServer extends S3Server {
  readonly pid: number;
}

/** Ours, with the gaps closed, or MiniStack as it comes: that one answers a request for FULL_OBJECT with COMPOSITE. */
type MiniStackKind = 'patched' | 'stock';

/**
 * Gets MiniStack, an AWS stand-in that needs no Docker, once into a cache folder; what is returned starts it.
 * @param settings of its own, as environment variables.
 * @throws ServerMissing
 */
export async function miniStack(
  kind: MiniStackKind,
  settings: Readonly<Record<string, string>> = {},
): Promise<() => Promise<MiniStackServer>> {
  const python = await environment();
  return () => start(python, kind, settings);
}

async function start(
  python: string,
  kind: MiniStackKind,
  settings: Readonly<Record<string, string>>,
): Promise<MiniStackServer> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-ministack-'));
  const launcher = join(import.meta.dirname, 'ministack', 'launch.py');
  const server = await startOnFreePort({
    command: python,
    args: () =>
      kind === 'patched'
        ? [launcher]
        : ['-c', 'import sys; from ministack.app import main; sys.argv = ["ministack"]; main()'],
    env: (port) => ({
      PATH: process.env['PATH'],
      HOME: folder,
      TMPDIR: folder,
      LANG: 'C.UTF-8',
      PYTHONDONTWRITEBYTECODE: '1',
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      LOG_LEVEL: 'WARNING',
      ...settings,
    }),
    path: '/_ministack/health',
  });
  return {
    endpoint: server.endpoint,
    pid: server.pid,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The Python that has MiniStack, made on first use: under a name of its own first, so that two
 * runs never share a half-made one.
 */
async function environment(): Promise<string> {
  const cache =
    process.env['PIECEWORK_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'piecework');
  const folder = join(cache, `ministack-${VERSION}`);
  const python = join(folder, 'bin', 'python');
  if (await exists(join(folder, 'complete'))) return python;
  try {
    await mkdir(cache, { recursive: true });
    const making = await mkdtemp(`${folder}-`);
    // Made without pip's scripts being called: those remember the folder's name.
    await run('python3', ['-m', 'venv', making]);
    await run(join(making, 'bin', 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      `ministack==${VERSION}`,
      'defusedxml',
    ]);
    await mkdir(join(making, 'complete'));
    await rename(making, folder).catch(async (error: unknown) => {
      await rm(making, { recursive: true, force: true });
      if (!(await exists(join(folder, 'complete')))) throw error;
    });
    return python;
  } catch (cause) {
    throw new ServerMissing(`MiniStack ${VERSION} could not be installed with python3 (3.10 or later) and pip`, {
      cause,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
