import type { Duplex } from 'node:stream';
import { AnswerReader } from './answers.ts';
import type { Field, FieldReader } from './fields.ts';
import { MalformedAnswer } from './fields.ts';
import type { Attributes } from './messages.ts';
import { ANSWER, LIMITS, message, OPEN_TO_READ, QUESTION, readAttributes, readExtensions, STATUS } from './messages.ts';

const VERSION = 3;
/** What every server answers to one READ (draft-ietf-secsh-filexfer-02 §3). */
const LEAST_READ_BYTES = 31 * 1024;
/** OpenSSH's own limit: 256 KiB for a whole message. */
const MOST_READ_BYTES = 255 * 1024;

/** A status other than `ok`, by its number (§7). */
export class StatusAnswer extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`status ${code}`);
    this.code = code;
  }
}

interface Waiting {
  /** Of a READ. */
  readonly into?: Uint8Array;
  landed?(bytes: number): void;
  /** Throws what the question fails with. */
  answered(kind: number, fields: FieldReader): void;
  failed(error: unknown): void;
}

/**
 * Reads files over an open channel of SSH, many questions at once (SFTP version 3, draft-ietf-secsh-filexfer-02). What
 * a READ brings lands in the reader's own memory as it comes in, which is why this is not ssh2's.
 */
export class SftpClient {
  readonly #channel: Duplex;
  readonly #waiting = new Map<number, Waiting>();
  /** Of VERSION, which has no number. */
  #greeted: PromiseWithResolvers<ReadonlyMap<string, string>> | undefined = Promise.withResolvers();
  #nextId = 0;
  #over: { readonly error: unknown } | undefined;
  #readBytes = LEAST_READ_BYTES;
  readonly #ended = Promise.withResolvers<unknown>();

  private constructor(channel: Duplex, letGo: (bytes: Uint8Array) => void) {
    this.#channel = channel;
    const answers = new AnswerReader({
      placeOf: (id) => this.#waiting.get(id)?.into,
      landed: (id, bytes) => this.#landed(id, bytes),
      answered: (kind, fields) => this.#answered(kind, fields),
    });
    channel.on('data', (bytes: Buffer) => {
      if (this.#over !== undefined) return;
      try {
        answers.take(bytes);
        letGo(bytes);
      } catch (error) {
        this.end(error);
      }
    });
    for (const event of ['error', 'end', 'close']) {
      channel.on(event, (error?: unknown) => this.end(error instanceof Error ? error : new Error('the channel ended')));
    }
  }

  /**
   * Rejects where no SFTP is spoken there.
   * @param letGo gets what came over the channel once nothing of it is needed any more
   */
  static async start(channel: Duplex, letGo: (bytes: Uint8Array) => void): Promise<SftpClient> {
    const client = new SftpClient(channel, letGo);
    const greeted = client.#greeted?.promise;
    channel.write(message(QUESTION.init, VERSION));
    const extensions = await greeted;
    if (extensions?.get(LIMITS) === '1') await client.#askForLimits();
    return client;
  }

  get isOpen(): boolean {
    return this.#over === undefined;
  }

  /** With what it ended. */
  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  /** How much one READ had best ask for. */
  get readBytes(): number {
    return this.#readBytes;
  }

  async stat(path: string): Promise<Attributes> {
    return await this.#ask(QUESTION.stat, [path], ANSWER.attributes, readAttributes);
  }

  async fstat(handle: Uint8Array): Promise<Attributes> {
    return await this.#ask(QUESTION.fstat, [handle], ANSWER.attributes, readAttributes);
  }

  /** To read it. */
  async open(path: string): Promise<Uint8Array> {
    const noAttributes = 0;
    return await this.#ask(QUESTION.open, [path, OPEN_TO_READ, noAttributes], ANSWER.handle, (fields) =>
      Uint8Array.from(fields.bytes()),
    );
  }

  async close(handle: Uint8Array): Promise<void> {
    await this.#ask(QUESTION.close, [handle], ANSWER.status, () => {});
  }

  /** Into the front of `into`; fewer bytes than fit are no end, 0 is. */
  read(handle: Uint8Array, into: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#send(QUESTION.read, [handle, BigInt(position), into.length], {
        into,
        landed: resolve,
        answered(kind, fields) {
          if (kind !== ANSWER.status) throw new MalformedAnswer(`an answer of kind ${kind} to a READ`);
          const code = fields.number();
          if (code === STATUS.end) resolve(0);
          else reject(new StatusAnswer(code));
        },
        failed: reject,
      });
    });
  }

  /** All that is asked fails with it; when this returns, nothing lands in a reader's memory any more. */
  end(error: unknown): void {
    if (this.#over !== undefined) return;
    this.#over = { error };
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of all) one.failed(error);
    this.#greeted?.reject(error);
    this.#ended.resolve(error);
    this.#channel.destroy();
  }

  #ask<T>(kind: number, fields: readonly Field[], wanted: number, read: (fields: FieldReader) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#send(kind, fields, {
        answered(got, answer) {
          if (got === ANSWER.status) {
            const code = answer.number();
            if (code !== STATUS.ok) return reject(new StatusAnswer(code));
          }
          if (got !== wanted) throw new MalformedAnswer(`an answer of kind ${got} in place of ${wanted}`);
          resolve(read(answer));
        },
        failed: reject,
      });
    });
  }

  #send(kind: number, fields: readonly Field[], waiting: Waiting): void {
    if (this.#over !== undefined) {
      waiting.failed(this.#over.error);
      return;
    }
    const id = this.#nextId;
    this.#nextId = (id + 1) % 2 ** 32;
    this.#waiting.set(id, waiting);
    this.#channel.write(message(kind, id, ...fields));
  }

  #landed(id: number, bytes: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (waiting.landed === undefined) waiting.failed(new MalformedAnswer('data that were not asked for'));
    else waiting.landed(bytes);
  }

  #answered(kind: number, fields: FieldReader): void {
    if (this.#greeted !== undefined) {
      if (kind !== ANSWER.version) throw new MalformedAnswer(`a first answer of kind ${kind}`);
      fields.number();
      this.#greeted.resolve(readExtensions(fields));
      this.#greeted = undefined;
      return;
    }
    const id = fields.number();
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    try {
      waiting.answered(kind, fields);
    } catch (error) {
      waiting.failed(error);
      throw error;
    }
  }

  async #askForLimits(): Promise<void> {
    try {
      const mostBytes = await this.#ask(QUESTION.extended, [LIMITS], ANSWER.extended, (fields) => {
        fields.large();
        return fields.large();
      });
      // 0 = none.
      this.#readBytes = mostBytes === 0 ? MOST_READ_BYTES : Math.min(mostBytes, MOST_READ_BYTES);
    } catch (error) {
      if (!(error instanceof StatusAnswer)) throw error;
    }
  }
}
