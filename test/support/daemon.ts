import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './loopback.ts';
import { ServerMissing } from './s3-process.ts';

/** Where a program of the system is. @throws ServerMissing with `how` to get it. */
export async function findProgram(name: string, how: string): Promise<string> {
  // Daemons are not on every user's path.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/lib/openssh'];
  for (const folder of folders) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new ServerMissing(`${name} was not found: ${how}`);
}

export interface Daemon {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a program that listens on a free port of 127.0.0.1, and waits until it takes connections. */
export async function startDaemon(
  command: string,
  argsFor: (port: number) => Promise<readonly string[]>,
): Promise<Daemon> {
  let trouble = '';
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const port = await freePort();
    const child = spawn(command, await argsFor(port), { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const collect = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    if (await listens(port, child)) return { port, stop: () => stop(child) };
    await stop(child);
    trouble = said;
  }
  throw new Error(`${command} did not start: ${trouble}`);
}

async function listens(port: number, child: ChildProcess): Promise<boolean> {
  for (let tries = 0; tries < 100 && child.exitCode === null; tries += 1) {
    const socket = createConnection(port, '127.0.0.1');
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return true;
    await delay(50);
  }
  return false;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([ended, delay(3000).then(() => child.kill('SIGKILL'))]);
  await ended;
}
