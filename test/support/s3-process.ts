import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

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

/** A port that was free a moment ago. Who starts a server on it tries again when it was taken meanwhile. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export interface StartOptions {
  readonly command: string;
  /** Called anew for each try. */
  args(port: number): readonly string[];
  readonly env: (port: number) => NodeJS.ProcessEnv;
  /** Answers as soon as the server is up, with any status. */
  readonly path: string;
}

/** Starts a server on a free port of 127.0.0.1 and waits until it answers. */
export async function startOnFreePort(options: StartOptions): Promise<{ endpoint: string; stop(): Promise<void> }> {
  let trouble = '';
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const port = await freePort();
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
    const endpoint = `http://127.0.0.1:${port}`;
    if (await answers(endpoint + options.path, child)) return { endpoint, stop: () => stop(child) };
    await stop(child);
    trouble = said;
  }
  throw new Error(`${options.command} did not start: ${trouble}`);
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  for (let tries = 0; tries < 200 && child.exitCode === null && child.pid !== undefined; tries += 1) {
    try {
      const response = await fetch(url, { headers: { connection: 'close' } });
      await response.arrayBuffer();
      return true;
    } catch {
      await delay(100);
    }
  }
  return false;
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
