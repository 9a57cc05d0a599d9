import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

const HEADER_BYTES = 5;
/** A record that is an alert by its header (RFC 5246 §6.2.1), and one that hides what it is (RFC 8446 §5.2). */
const ALERT = 21;
const SEALED = 23;
/** A sealed alert: its two bytes, its type, the tag of the cipher, and room for padding. A ticket is longer. */
const MOST_ALERT_BYTES = 64;

/**
 * What lies under TLS, record by record: the connection, for `tls.connect`'s `socket`. Node ends a TLS socket in the
 * same way whether the other side said that it closes (`close_notify`) or the connection was cut; the last record
 * tells them apart. Costs a copy of every byte.
 */
export class TlsRecords extends Duplex {
  readonly #below: Socket;
  #unfinished: Buffer = Buffer.alloc(0);
  #last: 'alert' | 'other' = 'other';

  constructor(below: Socket) {
    super({ allowHalfOpen: true });
    this.#below = below
      .on('data', (bytes: Buffer) => this.#take(bytes))
      .on('end', () => this.push(null))
      .on('error', (error) => this.destroy(error))
      .on('close', () => {
        // After its end, what came before may still be waiting to be read.
        if (!below.readableEnded) this.destroy();
      });
  }

  /**
   * To be called once, after TLS has begun to listen: then TLS has taken each record before this looks.
   * @param contentBytes that have come out of TLS so far.
   */
  watch(contentBytes: () => number): void {
    let before = 0;
    this.on('data', (record: Buffer) => {
      const now = contentBytes();
      const isSealedAlert = record[0] === SEALED && now === before && record.length - HEADER_BYTES <= MOST_ALERT_BYTES;
      this.#last = record[0] === ALERT || isSealedAlert ? 'alert' : 'other';
      before = now;
    });
  }

  /** After the end: the other side said that there is no more, as TLS wants it said (RFC 8446 §6.1). */
  get wasClosed(): boolean {
    return this.#last === 'alert' && this.#unfinished.length === 0;
  }

  override _read(): void {
    this.#below.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#below.write(bytes, done);
  }

  override _final(done: () => void): void {
    this.#below.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#below.destroy();
    done(error);
  }

  #take(bytes: Buffer): void {
    let rest = this.#unfinished.length === 0 ? bytes : Buffer.concat([this.#unfinished, bytes]);
    for (;;) {
      const length = rest.length < HEADER_BYTES ? Number.POSITIVE_INFINITY : HEADER_BYTES + rest.readUInt16BE(3);
      if (rest.length < length) break;
      if (!this.push(rest.subarray(0, length))) this.#below.pause();
      rest = rest.subarray(length);
    }
    this.#unfinished = rest;
  }
}
