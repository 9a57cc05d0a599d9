import type { FileHandle } from 'node:fs/promises';
import { open, stat, unlink } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Attributes, AuthContext, Connection, SFTPWrapper } from 'ssh2';
import ssh2 from 'ssh2';
import type { SharedFolder } from './ftp-server.ts';
import { sharedFolder } from './ftp-server.ts';
import { listenOnLoopback } from './loopback.ts';
import type { SshKey } from './ssh-keys.ts';
import { sshKey } from './ssh-keys.ts';

const { STATUS_CODE } = ssh2.utils.sftp;

export interface SftpServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly folder: SharedFolder;
  readonly user: string;
  readonly password: string;
  readonly hostKey: SshKey;
  /** READs that waited for their answer at one time. */
  readonly mostReadsAtOnce: number;
  /** READs until now. */
  readonly reads: number;
  /** OPENs that were granted. */
  readonly opens: number;
  /** Files that are open. */
  readonly openFiles: number;
}

export interface SftpServerOptions {
  readonly password?: string;
  /** Let in besides the password. */
  readonly authorized?: SshKey;
  /** Only `keyboard-interactive`, no plain password. */
  readonly interactiveOnly?: boolean;
  /** Bytes of an answer at most: a server may give fewer than it was asked for. */
  readonly maxReadBytes?: number;
  /** Files may be looked at and not opened. */
  readonly unreadable?: boolean;
  /** The whole connection is cut after this many READs, once. */
  readonly cutAfterReads?: number;
  /** READs are not answered any more from this one on. */
  readonly silentAfterReads?: number;
  /** Attributes that are not sent. */
  readonly lacks?: readonly ('mode' | 'mtime')[];
  /** Questions that are refused. */
  readonly refuses?: readonly ('STAT' | 'FSTAT')[];
  /** A file is gone once it was opened; what was opened can be read. */
  readonly once?: boolean;
  /** Open files of all connections; one more is forbidden. */
  readonly mostOpen?: number;
  /** Milliseconds before each answer to a READ. */
  readonly delayMs?: number;
}

interface Counts {
  reads: number;
  waiting: number;
  most: number;
  cut: boolean;
  opens: number;
  openFiles: number;
}

/** An SFTP server made of ssh2, over a folder of its own. */
export async function startSftpServer(options: SftpServerOptions = {}): Promise<SftpServer> {
  const { password = 'sesame' } = options;
  const folder = await sharedFolder();
  const hostKey = sshKey();
  const clients = new Set<Connection>();
  const counts: Counts = { reads: 0, waiting: 0, most: 0, cut: false, opens: 0, openFiles: 0 };
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (client) => {
    // Else each answer waits for the acknowledgement of the one before, 40 ms.
    (client as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true);
    clients.add(client);
    client.on('error', () => {});
    client.on('close', () => clients.delete(client));
    client.on('authentication', (context) => authenticate(context, password, options));
    client.on('session', (accept) => {
      accept().on('sftp', (acceptSftp) => serve(acceptSftp(), folder.path, counts, options, () => client.end()));
    });
  });
  const port = await listenOnLoopback(server);
  return {
    host: '127.0.0.1',
    port,
    folder,
    user: 'me',
    password,
    hostKey,
    get mostReadsAtOnce() {
      return counts.most;
    },
    get reads() {
      return counts.reads;
    },
    get opens() {
      return counts.opens;
    },
    get openFiles() {
      return counts.openFiles;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of clients) client.end();
      await closed;
      await folder[Symbol.asyncDispose]();
    },
  };
}

function authenticate(
  context: AuthContext,
  password: string,
  { authorized, interactiveOnly }: SftpServerOptions,
): unknown {
  if (context.username !== 'me') return context.reject();
  if (context.method === 'password' && interactiveOnly !== true && context.password === password)
    return context.accept();
  if (context.method === 'keyboard-interactive') {
    return context.prompt([{ prompt: 'Password:', echo: false }], (answers) =>
      answers[0] === password ? context.accept() : context.reject(),
    );
  }
  if (context.method === 'publickey' && authorized !== undefined) {
    const allowed = ssh2.utils.parseKey(authorized.publicKey);
    if (allowed instanceof Error || !context.key.data.equals(allowed.getPublicSSH())) return context.reject();
    if (context.signature === undefined || context.blob === undefined) return context.accept();
    return allowed.verify(context.blob, context.signature, context.hashAlgo) === true
      ? context.accept()
      : context.reject();
  }
  return context.reject(['password', 'publickey', 'keyboard-interactive']);
}

function serve(sftp: SFTPWrapper, root: string, counts: Counts, options: SftpServerOptions, cut: () => void): void {
  const handles = new Map<number, FileHandle>();
  let next = 1;
  const at = (path: string): string => join(root, normalize(join('/', path)));
  const fail = (id: number, error: unknown) => {
    const { code } = Object(error) as { code?: string };
    const status =
      code === 'ENOENT'
        ? STATUS_CODE.NO_SUCH_FILE
        : code === 'EACCES'
          ? STATUS_CODE.PERMISSION_DENIED
          : STATUS_CODE.FAILURE;
    sftp.status(id, status);
  };
  const attributes = ({
    mode,
    size,
    mtimeMs,
    atimeMs,
  }: Awaited<ReturnType<typeof stat>> & { size: number; mode: number }) => {
    const times = { mtime: Math.floor(Number(mtimeMs) / 1000), atime: Math.floor(Number(atimeMs) / 1000) };
    const { lacks = [] } = options;
    return {
      size,
      uid: 0,
      gid: 0,
      ...(lacks.includes('mode') ? {} : { mode }),
      ...(lacks.includes('mtime') ? {} : times),
    } as Attributes;
  };
  const look = (id: number, path: string) => {
    if (options.refuses?.includes('STAT') === true) return void sftp.status(id, STATUS_CODE.OP_UNSUPPORTED);
    void stat(at(path)).then(
      (stats) => sftp.attrs(id, attributes(stats)),
      (error) => fail(id, error),
    );
  };
  sftp.on('STAT', look);
  sftp.on('LSTAT', look);
  sftp.on('OPEN', (id, path) => {
    if (options.unreadable === true) return sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
    if (counts.openFiles >= (options.mostOpen ?? Number.POSITIVE_INFINITY))
      return sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
    counts.openFiles += 1;
    void open(at(path), 'r').then(
      async (file) => {
        counts.opens += 1;
        if (options.once === true) await unlink(at(path));
        const handle = Buffer.alloc(4);
        handle.writeUInt32BE(next);
        handles.set(next, file);
        next += 1;
        sftp.handle(id, handle);
      },
      (error) => {
        counts.openFiles -= 1;
        fail(id, error);
      },
    );
  });
  const fileOf = (handle: Buffer) => handles.get(handle.readUInt32BE(0));
  sftp.on('FSTAT', (id, handle) => {
    const file = fileOf(handle);
    if (file === undefined) return void sftp.status(id, STATUS_CODE.FAILURE);
    if (options.refuses?.includes('FSTAT') === true) return void sftp.status(id, STATUS_CODE.OP_UNSUPPORTED);
    void file.stat().then(
      (stats) => sftp.attrs(id, attributes(stats)),
      (error) => fail(id, error),
    );
  });
  sftp.on('READ', (id, handle, offset, length) => void answerRead(id, fileOf(handle), offset, length));
  sftp.on('CLOSE', (id, handle) => {
    const file = fileOf(handle);
    if (handles.delete(handle.readUInt32BE(0))) counts.openFiles -= 1;
    void file?.close();
    sftp.status(id, STATUS_CODE.OK);
  });
  sftp.on('close', () => {
    for (const file of handles.values()) void file.close();
    counts.openFiles -= handles.size;
    handles.clear();
  });

  async function answerRead(id: number, file: FileHandle | undefined, offset: number, length: number): Promise<void> {
    counts.reads += 1;
    counts.waiting += 1;
    counts.most = Math.max(counts.most, counts.waiting);
    if (counts.reads > (options.silentAfterReads ?? Number.POSITIVE_INFINITY)) return;
    if (!counts.cut && counts.reads > (options.cutAfterReads ?? Number.POSITIVE_INFINITY)) {
      counts.cut = true;
      return cut();
    }
    if (options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
    try {
      const bytes = Buffer.alloc(Math.min(length, options.maxReadBytes ?? length));
      const got = await file?.read(bytes, 0, bytes.length, offset);
      if (got === undefined) sftp.status(id, STATUS_CODE.FAILURE);
      else if (got.bytesRead === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, bytes.subarray(0, got.bytesRead));
    } catch (error) {
      fail(id, error);
    } finally {
      counts.waiting -= 1;
    }
  }
}
