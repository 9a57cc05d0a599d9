import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './loopback.ts';

/** A store that tests talk to. Closing it stops what was started, by its process id, and removes its files. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Why a server that a test needs can't be had on this machine. */
export class ServerMissing extends Error {
  override readonly name = 'ServerMissing';
}

export interface StartOptions {
  readonly command: string;
  /** Called anew for each try. */
  args(port: number): readonly string[];
  readonly env: (port: number) => NodeJS.ProcessEnv;
  /** @default http */
  readonly scheme?: 'http' | 'https';
  /** Answers as soon as the server is up, with any status. */
  readonly path: string;
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly endpoint: string;
  /** After a crash and a revival another one. */
  readonly pid: number;
  stop(): Promise<void>;
  /** SIGKILL: it has no time to bring anything in order. */
  crash(): Promise<void>;
  /** After a crash: the same command on the same port. */
  revive(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1 and waits until it answers. */
export async function startOnFreePort(options: StartOptions): Promise<ServerProcess> {
  let trouble = '';
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const port = await freePort();
    const endpoint = `${options.scheme ?? 'http'}://127.0.0.1:${port}`;
    let { child, said } = spawnOn(port, options);
    if (!(await answers(endpoint + options.path, child))) {
      await stop(child);
      trouble = said();
      continue;
    }
    return {
      endpoint,
      get pid() {
        return child.pid ?? 0;
      },
      stop: () => stop(child),
      async crash() {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      },
      async revive() {
        ({ child, said } = spawnOn(port, options));
        if (!(await answers(endpoint + options.path, child)))
          throw new Error(`${options.command} did not start again: ${said()}`);
      },
    };
  }
  throw new Error(`${options.command} did not start: ${trouble}`);
}

function spawnOn(port: number, options: StartOptions): { child: ChildProcess; said: () => string } {
  const child = spawn(options.command, options.args(port), {
    env: options.env(port),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const collect = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.on('error', (error) => {
    said += error.message;
  });
  return { child, said: () => said };
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  for (let tries = 0; tries < 200 && child.exitCode === null && child.pid !== undefined; tries += 1) {
    try {
      const response = await fetch(url, { headers: { connection: 'close' } });
      await response.arrayBuffer();
      return true;
    } catch (error) {
      // It shows its certificate, which nothing here trusts.
      if (errorCode((error as Error).cause) === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE') return true;
      await delay(100);
    }
  }
  return false;
}

function errorCode(cause: unknown): unknown {
  return (cause as { readonly code?: unknown } | undefined)?.code;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = new AbortController();
  const hard = delay(5000, undefined, { signal: patience.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  );
  await ended;
  patience.abort();
  await hard;
}
