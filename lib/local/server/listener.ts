import { chmod, rm } from 'node:fs/promises';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { readUserFile, systemReason } from '../../disk/user-file.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { Address } from './address.ts';
import { authorityOf } from './address.ts';
import type { ServeOptions } from './api.ts';

export interface Listener extends AsyncDisposable {
  /** The one that was given, or the system's. 0 = a socket. */
  readonly port: number;
  // Disposing takes no more requests, and ends those that are being answered after a moment.
}

export type Answer = (request: Request) => Response | Promise<Response>;

/** Answers on their way when the server stops. */
const LAST_ANSWERS_MS = 1_000;

/** @throws PieceworkError `AddressInUse`, `InvalidOption`. */
export async function listen(address: Address, tls: ServeOptions['tls'], answer: Answer): Promise<Listener> {
  // The package's own Request and Response are for this listener alone: others here use the platform's.
  const handle = getRequestListener(answer, { overrideGlobalObjects: false }) as RequestListener;
  const server = tls === undefined ? createServer(handle) : createTlsServer(certificateOf(tls), handle);
  if (address.kind === 'socket') await dropDeadSocket(address.path);
  await started(server, address);
  if (address.kind === 'socket') await chmod(address.path, 0o600);
  const place = server.address() as AddressInfo | string | null;
  return {
    port: typeof place === 'object' && place !== null ? place.port : 0,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

function certificateOf({ certFile, keyFile }: NonNullable<ServeOptions['tls']>) {
  return {
    cert: readUserFile(certFile, `--tls-cert: ${certFile}`),
    key: readUserFile(keyFile, `--tls-key: ${keyFile}`),
  };
}

async function started(server: Server, address: Address): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const listening = () => {
        server.off('error', reject);
        resolve();
      };
      if (address.kind === 'socket') server.listen(address.path, listening);
      else server.listen({ host: address.host, port: address.port, exclusive: true }, listening);
    });
  } catch (cause) {
    throw await whyNot(address, cause);
  }
}

async function whyNot(address: Address, cause: unknown): Promise<PieceworkError> {
  const reason = systemReason(cause);
  if (address.kind === 'socket')
    return new PieceworkError('InvalidOption', `--socket: ${address.path} can't be listened on (${reason})`, { cause });
  const shown = authorityOf(address.host, address.port);
  if (reason !== 'EADDRINUSE')
    return new PieceworkError('InvalidOption', `--listen: ${shown} can't be listened on (${reason})`, { cause });
  return new PieceworkError(
    'AddressInUse',
    `${shown} is in use by ${await whoListens(shown)}; give another address with --listen, or ${authorityOf(address.host, 0)} for a port that the system chooses`,
    { cause },
  );
}

/** What answers there as we do is one of ours, with another state folder. */
async function whoListens(authority: string): Promise<string> {
  try {
    const answer = await fetch(`http://${authority}/v1/health`, { signal: AbortSignal.timeout(2_000) });
    const { status, version } = (await answer.json()) as { readonly status?: unknown; readonly version?: unknown };
    if (status === 'ok' && typeof version === 'string' && /^[\w.+-]{1,40}$/.test(version))
      return `another server of Piecework ${version}, with another state folder`;
  } catch {
    // Then it is none of ours.
  }
  return 'another program';
}

/** The file of a server that was killed; one that is listened on is left alone. */
async function dropDeadSocket(path: string): Promise<void> {
  const isDead = await new Promise<boolean>((resolve) => {
    const client = connect(path);
    client.once('connect', () => {
      client.destroy();
      resolve(false);
    });
    client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (isDead) await rm(path, { force: true });
}
