import { FieldReader, MalformedAnswer } from './fields.ts';
import { ANSWER } from './messages.ts';

/** OpenSSH's limit for a whole message, and ssh2's. */
const MOST_MESSAGE_BYTES = 256 * 1024;
/** Length and kind. */
const HEAD_BYTES = 5;
/** Length, kind, number of the question, length of the data. */
const DATA_HEAD_BYTES = 13;

/** Who gets what comes. */
export interface Answers {
  /** Where the data of this READ goes. Absent: they are not waited for (any more). */
  placeOf(id: number): Uint8Array | undefined;
  /** So many bytes are in their place. */
  landed(id: number, bytes: number): void;
  /** All but data; the fields are valid for the length of the call. */
  answered(kind: number, fields: FieldReader): void;
}

interface Landing {
  readonly id: number;
  readonly place: Uint8Array | undefined;
  readonly sizeBytes: number;
  filled: number;
}

/**
 * Cuts what an SFTP server sends into its answers (draft-ietf-secsh-filexfer-02 §3). Data go straight into their place,
 * however the connection cuts them; the rest is short, and is put together first.
 */
export class AnswerReader {
  readonly #to: Answers;
  /** Of the message that is coming in, as far as it has come and is kept. */
  #kept = Buffer.alloc(DATA_HEAD_BYTES);
  #keptBytes = 0;
  #wantedBytes = HEAD_BYTES;
  #landing: Landing | undefined;
  /** Of a message, after what was understood. */
  #skippedBytes = 0;

  constructor(to: Answers) {
    this.#to = to;
  }

  /** Throws `MalformedAnswer`. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += this.#step(bytes.subarray(at));
  }

  /** Returns how many bytes it took. */
  #step(bytes: Uint8Array): number {
    if (this.#landing !== undefined) return this.#land(this.#landing, bytes);
    if (this.#skippedBytes > 0) {
      const skipped = Math.min(this.#skippedBytes, bytes.length);
      this.#skippedBytes -= skipped;
      return skipped;
    }
    const taken = Math.min(this.#wantedBytes - this.#keptBytes, bytes.length);
    this.#kept.set(bytes.subarray(0, taken), this.#keptBytes);
    this.#keptBytes += taken;
    if (this.#keptBytes === this.#wantedBytes) this.#goOn();
    return taken;
  }

  #land(landing: Landing, bytes: Uint8Array): number {
    const taken = Math.min(landing.sizeBytes - landing.filled, bytes.length);
    landing.place?.set(bytes.subarray(0, taken), landing.filled);
    landing.filled += taken;
    if (landing.filled === landing.sizeBytes) this.#landed(landing);
    return taken;
  }

  #landed({ id, sizeBytes }: Landing): void {
    this.#landing = undefined;
    this.#to.landed(id, sizeBytes);
  }

  /** As much is there as was wanted last. */
  #goOn(): void {
    const messageBytes = 4 + this.#kept.readUInt32BE();
    const kind = this.#kept.readUInt8(4);
    if (this.#wantedBytes === HEAD_BYTES) {
      if (messageBytes < HEAD_BYTES || messageBytes > 4 + MOST_MESSAGE_BYTES)
        throw new MalformedAnswer(`an answer of ${messageBytes} bytes`);
      const wanted = kind === ANSWER.data ? DATA_HEAD_BYTES : messageBytes;
      if (wanted > messageBytes) throw new MalformedAnswer('data without a length');
      if (wanted > this.#wantedBytes) {
        this.#want(wanted);
        return;
      }
    }
    const whole = this.#kept.subarray(0, this.#keptBytes);
    this.#keptBytes = 0;
    this.#wantedBytes = HEAD_BYTES;
    if (kind === ANSWER.data) this.#beginData(whole, messageBytes);
    else this.#to.answered(kind, new FieldReader(whole.subarray(HEAD_BYTES)));
  }

  #want(bytes: number): void {
    if (bytes > this.#kept.length) {
      const larger = Buffer.alloc(bytes);
      larger.set(this.#kept.subarray(0, this.#keptBytes));
      this.#kept = larger;
    }
    this.#wantedBytes = bytes;
  }

  #beginData(head: Buffer, messageBytes: number): void {
    const id = head.readUInt32BE(5);
    const sizeBytes = head.readUInt32BE(9);
    const place = this.#to.placeOf(id);
    if (sizeBytes > messageBytes - DATA_HEAD_BYTES) throw new MalformedAnswer('data end before they are complete');
    if (place !== undefined && sizeBytes > place.length) throw new MalformedAnswer('more data than were asked for');
    this.#skippedBytes = messageBytes - DATA_HEAD_BYTES - sizeBytes;
    const landing = { id, place, sizeBytes, filled: 0 };
    if (sizeBytes === 0) this.#landed(landing);
    else this.#landing = landing;
  }
}
