import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FtpSrv } from 'ftp-srv';
import type { Certificate } from './certificates.ts';
import { freePort } from './loopback.ts';

/** A folder that a server shows, whose files get a new date whenever they are put there. */
export interface SharedFolder extends AsyncDisposable {
  readonly path: string;
  put(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

export async function sharedFolder(): Promise<SharedFolder> {
  const path = await mkdtemp(join(tmpdir(), 'piecework-shared-'));
  let version = 0;
  return {
    path,
    async put(name, bytes) {
      version += 1;
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), bytes);
      const at = new Date(Date.UTC(2026, 0, 1, 0, 0, version));
      await utimes(join(path, name), at, at);
    },
    remove: (name) => rm(join(path, name)),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

export interface FtpServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly folder: SharedFolder;
  readonly user: string;
  readonly password: string;
}

export interface FtpServerOptions {
  readonly tls?: Certificate;
  readonly implicit?: boolean;
  readonly password?: string;
  /** Sometimes never answers a client that hung up in the middle of a file: ftp-srv as it comes. @default false */
  readonly silent?: boolean;
}

/** ftp-srv, on a folder of its own. */
export async function startFtpServer({
  tls,
  implicit,
  password = 'sesame',
  silent = false,
}: FtpServerOptions = {}): Promise<FtpServer> {
  mendAuth();
  mendRetr();
  const folder = await sharedFolder();
  const port = await freePort();
  const signals = (['SIGTERM', 'SIGINT', 'SIGQUIT'] as const).map((name) => ({
    name,
    before: process.listeners(name),
  }));
  const server = new FtpSrv({
    url: `${implicit === true ? 'ftps' : 'ftp'}://127.0.0.1:${port}`,
    pasv_url: '127.0.0.1',
    // It looks for free ones upwards from here; each server from another place.
    pasv_min: 20_000 + randomInt(30_000),
    pasv_max: 65_000,
    log: NO_LOG,
    ...(tls === undefined ? {} : { tls: { key: tls.key, cert: tls.cert } }),
  });
  // It would end this process, and listens for ever.
  for (const { name, before } of signals) {
    for (const listener of process.listeners(name)) {
      if (!before.includes(listener)) process.removeListener(name, listener);
    }
  }
  if (silent) silentServers.add(server);
  server.on('login', (login, resolve, reject) => {
    if (login.username === 'me' && login.password === password) resolve({ root: folder.path });
    else reject(new Error('wrong user or password'));
  });
  server.on('client-error', () => {});
  await server.listen();
  return {
    host: '127.0.0.1',
    port,
    folder,
    user: 'me',
    password,
    async [Symbol.asyncDispose]() {
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

interface AuthCommand {
  mended?: true;
  handler(this: { readonly commandSocket: Socket }, options: unknown): Promise<unknown>;
}

/**
 * ftp-srv answers AUTH TLS before it is ready for TLS: a ClientHello that comes at once is read as a command. Here
 * nothing is read between the answer and TLS, which takes what has come by then.
 */
function mendAuth(): void {
  const auth = createRequire(import.meta.url)('ftp-srv/src/commands/registration/auth.js') as AuthCommand;
  if (auth.mended === true) return;
  const { handler } = auth;
  auth.mended = true;
  auth.handler = async function (options) {
    const plain = this.commandSocket;
    const readers = plain.listeners('data') as ((data: Buffer) => void)[];
    plain.removeAllListeners('data').pause();
    await handler.call(this, options);
    // What TLS deciphers is handed on by events of the plain socket.
    for (const reader of readers) plain.on('data', reader);
    if (this.commandSocket === plain) plain.resume();
  };
}

interface RetrCommand {
  mended?: true;
  handler(this: FtpConnection, options: unknown): Promise<unknown>;
}

interface FtpConnection {
  readonly server: object;
  readonly connector: { waitForConnection(): Promise<Socket> };
}

const silentServers = new WeakSet<object>();

/**
 * ftp-srv looks for errors of a data connection and not for its end: a client that hangs up between two
 * writes is waited for without end.
 */
function mendRetr(): void {
  const retr = createRequire(import.meta.url)('ftp-srv/src/commands/registration/retr.js') as RetrCommand;
  if (retr.mended === true) return;
  const { handler } = retr;
  retr.mended = true;
  retr.handler = function (options) {
    const pass = (socket: Socket) => {
      socket.once('close', () => {
        if (socket.listenerCount('error') > 0) socket.emit('error', new Error('the client hung up'));
      });
    };
    // What goes wrong in waiting is for the handler to report.
    if (!silentServers.has(this.server)) this.connector.waitForConnection().then(pass, () => undefined);
    return handler.call(this, options);
  };
}

const NO_LOG: object = new Proxy({}, { get: (_, name) => (name === 'child' ? () => NO_LOG : () => undefined) });
