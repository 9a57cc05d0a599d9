import type { Socket } from 'node:net';
import { fault } from '../errors/fault.ts';
import type { PullTarget } from './pull-target.ts';
import { connectPull, untilConnected } from './pull-target.ts';

/** Where bytes land while no read gives memory for them: one record of TLS. */
const SPARE_BUFFER_BYTES = 16 * 1024;
/** A read that could take more ends with so many: the reader tells others how far it is. */
const ENOUGH_BYTES = 1024 ** 2;
/** For the same reason, on a slow connection, with the first bytes that come after this time. */
const SOON_MS = 50;

interface Reading {
  /** Absent: it only waits until there is something. */
  readonly into?: Uint8Array;
  filled: number;
  readonly since: number;
  readonly timer: NodeJS.Timeout | undefined;
  resolve(bytes: number): void;
  reject(reason: unknown): void;
}

type Over = { readonly kind: 'ended' } | { readonly kind: 'failed'; readonly reason: unknown };

/**
 * A connection that is read on demand, straight into the reader's memory: the kernel (or TLS) writes where Node's
 * `onread` says, and no stream stands in between. What is not asked for stays with its sender.
 *
 * Node asks where the _next_ bytes go as soon as some have come. It is given the reader's memory only while a read is
 * under way that those bytes did not end; else it is given the spare buffer, and a read begins with what lands there.
 * So a read can end nowhere but in that moment, or with the connection: after it has ended, nothing is written into its
 * memory. (TLS hands on all records that have come, wanted or not.)
 */
export class PullSocket {
  readonly #socket: Socket;
  readonly #spareBuffer: Uint8Array;
  /** Came unasked, in order. */
  #unread: Uint8Array[] = [];
  #reading: Reading | undefined;
  #onStir: (() => void) | undefined;
  #over: Over | undefined;

  private constructor(target: PullTarget) {
    this.#spareBuffer = new Uint8Array(SPARE_BUFFER_BYTES);
    const { socket, wasCut } = connectPull(target, {
      buffer: () => this.#place(),
      callback: (bytes, memory) => this.#landed(bytes, memory),
    });
    this.#socket = socket;
    this.#socket
      .on('error', (error) => this.close(error))
      .on('end', () => this.#ended(wasCut()))
      .on('close', () => this.close(fault('ECONNRESET', 'the connection was closed')));
  }

  /** Throws Node's own errors (`ENOTFOUND`, `ECONNREFUSED`, `ETIMEDOUT`, …), or the signal's reason. */
  static async open(target: PullTarget, signal: AbortSignal): Promise<PullSocket> {
    signal.throwIfAborted();
    const pull = new PullSocket(target);
    try {
      await untilConnected(pull.#socket, target, signal);
      return pull;
    } catch (reason) {
      pull.close(reason);
      throw reason;
    }
  }

  get isOpen(): boolean {
    return this.#over === undefined;
  }

  /** Nothing has come that was not read. */
  get isDrained(): boolean {
    return this.#unread.length === 0;
  }

  /** Characters are bytes. */
  write(data: string | Uint8Array): void {
    if (typeof data === 'string') this.#socket.write(data, 'latin1');
    else this.#socket.write(data);
  }

  /**
   * Hands bytes on as one. Resolves when their memory may be used again, which the other side makes as slow as it
   * takes them; rejects with what broke the connection.
   */
  send(parts: readonly Uint8Array[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const [last, ...before] = parts.toReversed();
      if (last === undefined) return resolve();
      this.#socket.cork();
      for (const part of before.reverse()) this.#socket.write(part);
      this.#socket.write(last, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(this.#over?.kind === 'failed' ? this.#over.reason : error);
      });
      this.#socket.uncork();
    });
  }

  /** From now on: closes when nothing moved for so long, in neither direction. */
  closeWhenStill(afterMs: number, reason: () => unknown): void {
    this.#socket.setTimeout(afterMs, () => this.close(reason()));
  }

  /**
   * Writes the next bytes to the front of `into`, as many as come without much of a wait; 0 = the other side has ended.
   * One read at a time. What had come when the connection failed is given out; the next read rejects.
   * @param silenceMs how long nothing may come; 0 = for ever. Then it rejects with the code `SILENT`. Whatever it
   *   rejects with, the connection is closed, and nothing lands in `into` any more.
   */
  read(into: Uint8Array, silenceMs = 0): Promise<number> {
    if (this.#unread.length === 0) return this.#read(silenceMs, into);
    let filled = 0;
    // TLS hands on the records of a packet one by one, and what follows a read's last one waits here.
    for (let next = this.#unread[0]; next !== undefined && filled < into.length; next = this.#unread[0]) {
      const given = next.subarray(0, into.length - filled);
      into.set(given, filled);
      filled += given.length;
      this.skip(given.length);
    }
    return Promise.resolve(filled);
  }

  /** What comes next, which stays there until it is read or skipped; empty = the other side has ended. */
  async peek(silenceMs = 0): Promise<Uint8Array> {
    if (this.#unread.length === 0) await this.#read(silenceMs);
    return this.#unread[0] ?? new Uint8Array(0);
  }

  /** Takes so much away of what `peek` gave. */
  skip(bytes: number): void {
    const rest = this.#unread[0]?.subarray(bytes);
    if (rest === undefined || rest.length === 0) this.#unread.shift();
    else this.#unread[0] = rest;
  }

  /** Until the next read: all that comes, be it the end, is reported, and the process is not kept waiting for it. */
  rest(onStir: () => void): void {
    this.#onStir = onStir;
    this.#socket.unref();
    if (this.#over !== undefined || this.#unread.length > 0) onStir();
    else this.#socket.resume();
  }

  /**
   * At once. A read that waits ends with what it has, or fails with the reason; when this returns, nothing lands in its
   * memory any more.
   */
  close(reason: unknown = fault('CLOSED_HERE', 'the connection was closed on this side')): void {
    if (this.#over !== undefined) return;
    this.#unread = [];
    this.#finish({ kind: 'failed', reason });
  }

  #read(silenceMs: number, into?: Uint8Array): Promise<number> {
    this.#onStir = undefined;
    if (this.#over?.kind === 'failed') return Promise.reject(this.#over.reason);
    if (this.#over?.kind === 'ended') return Promise.resolve(0);
    return new Promise((resolve, reject) => {
      const silent = () => this.close(fault('SILENT', `nothing came for ${silenceMs} ms`));
      const timer = silenceMs === 0 ? undefined : setTimeout(silent, silenceMs);
      const memory = into === undefined ? {} : { into };
      this.#reading = { ...memory, filled: 0, since: performance.now(), timer, resolve, reject };
      this.#socket.ref().resume();
    });
  }

  /** Where Node writes next. */
  #place(): Uint8Array {
    const { into, filled = 0 } = this.#reading ?? {};
    return into === undefined ? this.#spareBuffer : into.subarray(filled);
  }

  /** Returns whether to go on reading. */
  #landed(bytes: number, memory: Uint8Array): boolean {
    const reading = this.#reading;
    if (reading?.into === undefined) {
      this.#unread.push(memory.slice(0, bytes));
      this.#settle(0);
      this.#onStir?.();
      return false;
    }
    reading.filled += memory === this.#spareBuffer ? this.#unload(bytes, reading.into.subarray(reading.filled)) : bytes;
    reading.timer?.refresh();
    const isEnough =
      reading.filled === reading.into.length ||
      reading.filled >= ENOUGH_BYTES ||
      performance.now() - reading.since >= SOON_MS;
    if (isEnough) this.#settle(reading.filled);
    return !isEnough;
  }

  #unload(bytes: number, into: Uint8Array): number {
    const given = Math.min(bytes, into.length);
    into.set(this.#spareBuffer.subarray(0, given));
    if (given < bytes) this.#unread.push(this.#spareBuffer.slice(given, bytes));
    return given;
  }

  #settle(bytes: number): void {
    const reading = this.#reading;
    this.#reading = undefined;
    clearTimeout(reading?.timer);
    reading?.resolve(bytes);
  }

  #ended(wasCut: boolean): void {
    if (wasCut) this.close(fault('CLOSED_EARLY', 'the connection was cut: TLS did not say that it ends'));
    else if (this.#over === undefined) this.#finish({ kind: 'ended' });
  }

  #finish(over: Over): void {
    this.#over = over;
    this.#socket.destroy();
    const filled = this.#reading?.filled ?? 0;
    if (over.kind === 'ended' || filled > 0) this.#settle(filled);
    else {
      const reading = this.#reading;
      this.#reading = undefined;
      clearTimeout(reading?.timer);
      reading?.reject(over.reason);
    }
    this.#onStir?.();
  }
}
