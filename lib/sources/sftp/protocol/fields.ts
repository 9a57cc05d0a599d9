/** What the other side sent can't be read: it is no SFTP, or not what was asked for. */
export class MalformedAnswer extends Error {}

/** A text or bytes (with their length before them), a number of 32 bits, one of 64 bits. */
export type Field = string | Uint8Array | number | bigint;

/** One after the other (RFC 4251 §5). */
export function encodeFields(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(encodeField));
}

function encodeField(field: Field): Uint8Array {
  switch (typeof field) {
    case 'number':
      return numberBytes(field);
    case 'bigint': {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(field);
      return bytes;
    }
    case 'string':
      return encodeField(Buffer.from(field));
    default:
      return Buffer.concat([numberBytes(field.length), field]);
  }
}

function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads them in their order. Throws `MalformedAnswer` where there is less than that. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(): number {
    return this.#take(4).readUInt32BE();
  }

  /** Exact up to 2^53. */
  large(): number {
    return Number(this.#take(8).readBigUInt64BE());
  }

  /** Valid for as long as what is read. */
  bytes(): Buffer {
    return this.#take(this.number());
  }

  text(): string {
    return this.bytes().toString();
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedAnswer('an answer ends before its last field');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
