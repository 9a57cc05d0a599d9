import type { Socket } from 'node:net';
import type { Client } from 'ssh2';
import type { Poolable } from '../../net/pools/pool.ts';
import { sftpError, statusError } from './errors.ts';
import type { SftpClient } from './protocol/client.ts';
import type { Attributes } from './protocol/messages.ts';
import type { SftpTarget } from './url.ts';

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
  readonly #sftp: SftpClient;
  readonly #target: SftpTarget;
  readonly #timeoutMs: number;
  readonly #files: OpenFiles;
  /** Handles of this connection, in hexadecimal. */
  readonly #handles = new Set<string>();
  /** Of these, those that are being closed. A server may give the same one again afterwards. */
  readonly #releasing = new Set<string>();
  #isLost = false;
  /** For one reader after the other: of this connection's answers, each `readBytes` long. */
  readonly spareMemory: Uint8Array[] = [];

  constructor(client: Client, socket: Socket, sftp: SftpClient, { target, timeoutMs, files }: SessionOptions) {
    this.#client = client;
    this.#socket = socket;
    this.#sftp = sftp;
    this.#target = target;
    this.#timeoutMs = timeoutMs;
    this.#files = files;
    client.on('error', (error) => this.#lose(error));
    client.on('close', () => this.#lose(undefined));
    void sftp.ended.then((error) => this.#lose(error));
  }

  get usable(): boolean {
    return !this.#isLost && this.#sftp.isOpen;
  }

  close(): void {
    this.#lose(undefined);
  }

  #lose(cause: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#sftp.end(sftpError('SourceReset', this.#target, 'the SSH connection broke off', cause));
    // What a connection that is lost had open, the server closes.
    for (const handle of this.#handles) this.#forget(handle);
    this.#client.destroy();
  }

  stat(path: string): Promise<Attributes> {
    return this.#inTime('the look at the file', this.#sftp.stat(path));
  }

  /** @param refused gets what a refusal is, with how many files of ours are open at the server beside this one. */
  async open(path: string, refused: (error: unknown, openFiles: number) => unknown): Promise<Uint8Array> {
    const { count, opening } = this.#files;
    const asked = this.#inTime('the opening of the file', this.#sftp.open(path)).then((handle) => {
      this.#handles.add(nameOf(handle));
      this.#files.count += 1;
      return handle;
    });
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

  fstat(handle: Uint8Array): Promise<Attributes> {
    return this.#inTime('the look at the file', this.#sftp.fstat(handle));
  }

  #forget(handle: string): void {
    if (this.#handles.delete(handle)) this.#files.count -= 1;
  }

  /**
   * Not waited for: whatever comes of it, the session goes on or is lost anyway. More than once is no harm. It counts
   * as open until the server has answered.
   */
  release(handle: Uint8Array): void {
    const name = nameOf(handle);
    if (!this.usable || !this.#handles.has(name) || this.#releasing.has(name)) return;
    this.#releasing.add(name);
    const closed = () => {
      this.#releasing.delete(name);
      this.#forget(name);
    };
    this.#sftp.close(handle).then(closed, closed);
  }

  /** How much one READ had best ask for. */
  get readBytes(): number {
    return this.#sftp.readBytes;
  }

  /** Whatever came over the wire: on a slow one the answer to a READ takes long, and is on its way all the same. */
  get receivedBytes(): number {
    return this.#socket.bytesRead;
  }

  /**
   * Into the front of `into`. Fewer bytes than fit are no end; 0 is. The time-out is the reader's own: reads wait
   * behind each other.
   */
  async read(handle: Uint8Array, into: Uint8Array, position: number): Promise<number> {
    try {
      return await this.#sftp.read(handle, into, position);
    } catch (error) {
      throw statusError(this.#target, error, 'reading');
    }
  }

  async #inTime<T>(doing: string, asked: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      const late = sftpError('SourceTimeout', this.#target, `the server did not answer ${doing} in time`);
      this.#sftp.end(late);
      this.#lose(late);
    }, this.#timeoutMs);
    try {
      return await asked;
    } catch (error) {
      throw statusError(this.#target, error, doing);
    } finally {
      clearTimeout(timer);
    }
  }
}

const nameOf = (handle: Uint8Array): string => Buffer.from(handle).toString('hex');
