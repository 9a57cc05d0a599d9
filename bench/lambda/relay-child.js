/*
 * What the data path costs at least in Node, by hand: ranges over TLS straight into memory (`onread`), CRC-32, and
 * UploadPart signed here and written in slices. No limits, no repetition, no answer that is distrusted.
 * relay-child.js OPTIONS; prints CPU and bytes of all parts after the first ones, and how the store names the parts.
 */
import { createHmac, hash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { crc32 } from 'node:zlib';

const SLICE_BYTES = 256 * 1024;
/**
 * @type {{ source: string, object: string, uploadId: string, sizeBytes: number, partBytes: number, atOnce: number,
 *   warmUpParts: number, accessKeyId: string, secretAccessKey: string, region: string }}
 */
const options = JSON.parse(process.argv[2] ?? '{}');
const { sizeBytes, partBytes, atOnce, warmUpParts, region } = options;
const source = new URL(options.source);
const object = new URL(options.object);

/** One connection; `ask` resolves with the head when so many bytes of body stand in `into`. */
class Connection {
  /** @param {URL} to */
  constructor(to) {
    this.head = '';
    this.into = Buffer.alloc(0);
    this.filled = 0;
    this.spare = Buffer.alloc(64 * 1024);
    this.hasHead = false;
    /** @type {(head: string) => void} */
    this.done = () => {};
    /** @type {import('node:tls').ConnectionOptions} */
    const tls = { host: to.hostname, port: Number(to.port), ALPNProtocols: ['http/1.1'] };
    const onread = {
      buffer: () => (this.hasHead && this.filled < this.into.length ? this.into.subarray(this.filled) : this.spare),
      /** @type {(bytes: number, memory: Uint8Array) => boolean} */
      callback: (bytes, memory) => this.landed(bytes, memory),
    };
    this.socket = connect(/** @type {any} */ ({ ...tls, noDelay: true, onread }));
    this.socket.on('error', (error) => {
      throw error;
    });
  }

  /** @type {(bytes: number, memory: Uint8Array) => boolean} */
  landed(bytes, memory) {
    if (memory === this.spare) {
      let rest = this.spare.subarray(0, bytes);
      if (!this.hasHead) {
        this.head += rest.toString('latin1');
        const end = this.head.indexOf('\r\n\r\n');
        if (end < 0) return true;
        const excess = this.head.length - end - 4;
        this.head = this.head.slice(0, end);
        rest = rest.subarray(rest.length - excess);
        this.hasHead = true;
      }
      rest.copy(this.into, this.filled);
      this.filled += rest.length;
    } else this.filled += bytes;
    if (this.filled === this.into.length) this.done(this.head);
    return true;
  }

  /** @param {Buffer} into @returns {Promise<string>} */
  expect(into) {
    Object.assign(this, { into, filled: 0, hasHead: false, head: '' });
    return new Promise((resolve) => {
      this.done = resolve;
    });
  }

  /** @param {Uint8Array} bytes @returns {Promise<void>} */
  write(bytes) {
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }
}

/** @type {(key: string | Buffer, text: string) => Buffer} */
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

/** @type {(number: number, bytes: Buffer, sum: string) => string} */
function putHead(number, bytes, sum) {
  const at = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${at.slice(0, 8)}/${region}/s3/aws4_request`;
  /** @type {Record<string, string>} */
  const headers = {
    'content-length': String(bytes.length),
    host: object.host,
    'x-amz-checksum-crc32': sum,
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-date': at,
  };
  const query = `partNumber=${number}&uploadId=${encodeURIComponent(options.uploadId)}`;
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const request = `PUT\n${object.pathname}\n${query}\n${lines.join('')}\n${names}\nUNSIGNED-PAYLOAD`;
  const key = [at.slice(0, 8), region, 's3', 'aws4_request'].reduce(
    (last, part) => hmac(last, part),
    /** @type {string | Buffer} */ (`AWS4${options.secretAccessKey}`),
  );
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${at}\n${scope}\n${hash('sha256', request)}`).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${options.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return `PUT ${object.pathname}?${query} HTTP/1.1\r\n${lines.map((line) => line.replace('\n', '\r\n')).join('')}authorization: ${authorization}\r\n\r\n`;
}

/** @type {{ PartNumber: number, ETag: string, ChecksumCRC32: string }[]} */
const made = [];
const parts = Math.ceil(sizeBytes / partBytes);
let next = 1;

/** @param {number} last */
async function worker(last) {
  const [from, to] = [new Connection(source), new Connection(object)];
  await Promise.all([once(from.socket, 'secureConnect'), once(to.socket, 'secureConnect')]);
  const memory = Buffer.allocUnsafeSlow(partBytes);
  while (next <= last) {
    const number = next++;
    const start = (number - 1) * partBytes;
    const bytes = memory.subarray(0, Math.min(partBytes, sizeBytes - start));
    const got = from.expect(bytes);
    const range = `bytes=${start}-${start + bytes.length - 1}`;
    from.socket.write(`GET ${source.pathname} HTTP/1.1\r\nhost: ${source.host}\r\nrange: ${range}\r\n\r\n`);
    if (!(await got).includes(' 206 ')) throw new Error('the source did not answer with a range');
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(bytes));
    const ChecksumCRC32 = sum.toString('base64');
    const put = to.expect(Buffer.alloc(0));
    to.socket.write(putHead(number, bytes, ChecksumCRC32), 'latin1');
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) await to.write(bytes.subarray(at, at + SLICE_BYTES));
    const head = await put;
    if (!head.includes(' 200 ')) throw new Error(head);
    made[number - 1] = { PartNumber: number, ETag: /^etag: (.*)$/im.exec(head)?.[1] ?? '', ChecksumCRC32 };
  }
  from.socket.destroy();
  to.socket.destroy();
}

/** @param {number} last */
const all = (last) => Promise.all(Array.from({ length: atOnce }, () => worker(last)));
await all(warmUpParts);
const before = process.resourceUsage();
await all(parts);
const after = process.resourceUsage();
const cpuMs = (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1000;
const bytes = sizeBytes - warmUpParts * partBytes;
const figures = { cpuMs, bytes, peakRssBytes: after.maxRSS * 1024, made };
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit());
