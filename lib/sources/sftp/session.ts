import type { Socket } from 'node:net';
import type { Client, SFTPWrapper, Stats } from 'ssh2';
import type { PieceworkError } from '../../errors/error.ts';
import type { Poolable } from '../../net/pools/pool.ts';
import { sftpError, statusError } from './errors.ts';
import type { SftpTarget } from './url.ts';

type Callback<T> = (error: Error | undefined | null, value: T) => void;

/** What every server answers to one READ (draft-ietf-secsh-filexfer-02 §3). */
const LEAST_READ_BYTES = 31 * 1024;
/** OpenSSH's own limit: 256 KiB for a whole packet. */
const MOST_READ_BYTES = 255 * 1024;

/** What all connections to one server, under one identity, have open at it. */
export interface OpenFiles {
  count: number;
  /** Settled, not rejected, whatever comes of them. */
  readonly opening: Set<Promise<void>>;
}

interface SessionOptions {
  readonly target: SftpTarget;
  readonly timeoutMs: number;
  readonly files: OpenFiles;
}

/** One SSH connection with its SFTP channel. Every question has a time-out, and fails when the connection does. */
export class SftpSession implements Poolable {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #sftp: SFTPWrapper;
  readonly #target: SftpTarget;
  readonly #timeoutMs: number;
  readonly #lost = Promise.withResolvers<never>();
  /**
   * Those who read. They do not wait for `#lost`: each race with it would be remembered for as long as the connection
   * lives.
   */
  readonly #reading = new Set<(error: PieceworkError) => void>();
  readonly #files: OpenFiles;
  /** Handles of this connection, in hexadecimal. */
  readonly #handles = new Set<string>();
  /** Of these, those that are being closed. A server may give the same one again afterwards. */
  readonly #releasing = new Set<string>();
  #usable = true;

  constructor(client: Client, socket: Socket, sftp: SFTPWrapper, { target, timeoutMs, files }: SessionOptions) {
    this.#client = client;
    this.#socket = socket;
    this.#sftp = sftp;
    this.#target = target;
    this.#timeoutMs = timeoutMs;
    this.#files = files;
    // There may be no call that waits just then.
    this.#lost.promise.catch(() => {});
    client.on('error', (error) => this.#lose(error));
    client.on('close', () => this.#lose(undefined));
    sftp.on('close', () => this.#lose(undefined));
    sftp.on('error', (error: unknown) => this.#lose(error));
  }

  get usable(): boolean {
    return this.#usable;
  }

  close(): void {
    this.#lose(undefined);
  }

  #lose(cause: unknown): void {
    if (!this.#usable) return;
    this.#usable = false;
    const error = sftpError('SourceReset', this.#target, 'the SSH connection broke off', cause);
    this.#lost.reject(error);
    for (const reject of this.#reading) reject(error);
    this.#reading.clear();
    // What a connection that is lost had open, the server closes.
    for (const handle of this.#handles) this.#forget(handle);
    this.#client.destroy();
  }

  stat(path: string): Promise<Stats> {
    return this.#ask('the look at the file', (done) => this.#sftp.stat(path, done));
  }

  /** @param refused gets what a refusal is, with how many files of ours are open at the server beside this one. */
  async open(path: string, refused: (error: unknown, openFiles: number) => unknown): Promise<Buffer> {
    const { count, opening } = this.#files;
    const asked = this.#ask<Buffer>('the opening of the file', (done) => this.#sftp.open(path, 'r', done)).then(
      (handle) => {
        this.#handles.add(handle.toString('hex'));
        this.#files.count += 1;
        return handle;
      },
    );
    const settled = asked.then(
      () => {},
      () => {},
    );
    opening.add(settled);
    try {
      return await asked;
    } catch (error) {
      opening.delete(settled);
      // Those that are granted beside this one count as well.
      await Promise.all(opening);
      throw refused(error, Math.max(count, this.#files.count));
    } finally {
      opening.delete(settled);
    }
  }

  fstat(handle: Buffer): Promise<Stats> {
    return this.#ask('the look at the file', (done) => this.#sftp.fstat(handle, done));
  }

  #forget(handle: string): void {
    if (this.#handles.delete(handle)) this.#files.count -= 1;
  }

  /**
   * Not waited for: whatever comes of it, the session goes on or is lost anyway. More than once is no harm. It counts
   * as open until the server has answered.
   */
  release(handle: Buffer): void {
    const name = handle.toString('hex');
    if (!this.#usable || !this.#handles.has(name) || this.#releasing.has(name)) return;
    this.#releasing.add(name);
    this.#sftp.close(handle, () => {
      this.#releasing.delete(name);
      this.#forget(name);
    });
  }

  /**
   * How much one READ had best ask for. ssh2 knows what the server bears (`limits@openssh.com`, or how OpenSSH was
   * made), and cuts what is larger into questions one after the other; but it does not tell.
   */
  get readBytes(): number {
    const most: unknown = Reflect.get(this.#sftp, '_maxReadLen');
    return typeof most === 'number' && most > 0 ? Math.min(most, MOST_READ_BYTES) : LEAST_READ_BYTES;
  }

  /** Whatever came over the wire: on a slow one the answer to a READ takes long, and is on its way all the same. */
  get receivedBytes(): number {
    return this.#socket.bytesRead;
  }

  /** Fewer bytes than asked for are no end; 0 is. The time-out is the reader's own: reads wait behind each other. */
  read(handle: Buffer, into: Buffer, offset: number, length: number, position: number): Promise<number> {
    if (!this.#usable) return this.#lost.promise;
    return new Promise((resolve, reject) => {
      this.#reading.add(reject);
      this.#sftp.read(handle, into, offset, length, position, (error: Error | undefined, count: number) => {
        this.#reading.delete(reject);
        if (error === undefined || error === null) resolve(count);
        else reject(statusError(this.#target, error, 'reading'));
      });
    });
  }

  async #ask<T>(doing: string, start: (done: Callback<T>) => void): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(this.#late(doing)), this.#timeoutMs);
    const answer = new Promise<T>((resolve, reject) => {
      start((error, value) =>
        error === undefined || error === null ? resolve(value) : reject(statusError(this.#target, error, doing)),
      );
    });
    try {
      return await Promise.race([answer, this.#lost.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #late(doing: string): PieceworkError {
    const error = sftpError('SourceTimeout', this.#target, `the server did not answer ${doing} in time`);
    this.#lose(error);
    return error;
  }
}
