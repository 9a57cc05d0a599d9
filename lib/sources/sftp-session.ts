import type { Client, SFTPWrapper, Stats } from 'ssh2';
import type { PieceworkError } from '../errors/error.ts';
import type { Poolable } from '../net/pool.ts';
import { sftpError, statusError } from './sftp-errors.ts';
import type { SftpTarget } from './sftp-url.ts';

type Callback<T> = (error: Error | undefined | null, value: T) => void;

/** One SSH connection with its SFTP channel. Every question has a time-out, and fails when the connection does. */
export class SftpSession implements Poolable {
  readonly #client: Client;
  readonly #sftp: SFTPWrapper;
  readonly #target: SftpTarget;
  readonly #timeoutMs: number;
  readonly #lost = Promise.withResolvers<never>();
  #usable = true;

  constructor(client: Client, sftp: SFTPWrapper, target: SftpTarget, timeoutMs: number) {
    this.#client = client;
    this.#sftp = sftp;
    this.#target = target;
    this.#timeoutMs = timeoutMs;
    // Nobody may be asking just then.
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
    this.#lost.reject(sftpError('SourceReset', this.#target, 'the SSH connection broke off', cause));
    this.#client.destroy();
  }

  stat(path: string): Promise<Stats> {
    return this.#ask('the look at the file', (done) => this.#sftp.stat(path, done));
  }

  open(path: string): Promise<Buffer> {
    return this.#ask('the opening of the file', (done) => this.#sftp.open(path, 'r', done));
  }

  fstat(handle: Buffer): Promise<Stats> {
    return this.#ask('the look at the file', (done) => this.#sftp.fstat(handle, done));
  }

  /** Nobody waits for it: whatever comes of it, the session goes on or is lost anyway. */
  release(handle: Buffer): void {
    if (this.#usable) this.#sftp.close(handle, () => {});
  }

  /** Fewer bytes than asked for are no end; 0 is. The time-out is whoever reads' own: reads wait behind each other. */
  read(handle: Buffer, into: Buffer, offset: number, length: number, position: number): Promise<number> {
    const answer = new Promise<number>((resolve, reject) => {
      this.#sftp.read(handle, into, offset, length, position, (error: Error | undefined, count: number) =>
        error === undefined || error === null ? resolve(count) : reject(statusError(this.#target, error, 'reading')),
      );
    });
    return Promise.race([answer, this.#lost.promise]);
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
