import { EventEmitter } from 'node:events';
import type { Client } from 'ssh2';
import { describe, expect, test, vi } from 'vitest';
import { sshInput } from '../../lib/sources/sftp/ssh/input.ts';
import { givePackets, wholePackets } from '../../lib/sources/sftp/ssh/whole-packets.ts';
import { patternBytes } from '../support/pattern.ts';

/** Length, as many bytes, and a tag. */
function packet(length: number): Buffer {
  const bytes = Buffer.from(patternBytes(length, 4 + length + 16));
  bytes.writeUInt32BE(length);
  return bytes;
}

const PACKETS = [16, 32, 4096, 32_784, 48, 35_000].map(packet);
const ALL = Buffer.concat(PACKETS);

describe('packets are given whole', () => {
  test.each([1, 3, 5, 20, 1000, 32_804, 65_536, ALL.length])('where what comes is cut every %i bytes', (every) => {
    const given: Buffer[] = [];
    const decrypt = wholePackets((data, from, to) => {
      // Several at a time may come, each of them whole.
      for (let at = from; at < to; ) {
        const end = at + 4 + Buffer.from(data).readUInt32BE(at) + 16;
        given.push(Buffer.from(data.subarray(at, end)));
        at = end;
      }
      return undefined;
    });
    for (let at = 0; at < ALL.length; at += every) {
      const chunk = ALL.subarray(at, at + every);
      expect(decrypt(chunk, 0, chunk.length)).toBeUndefined();
    }
    expect(given.map((one) => one.length)).toEqual(PACKETS.map((one) => one.length));
    expect(Buffer.concat(given).equals(ALL)).toBe(true);
  });

  test('the rest goes to the next decipher, where new keys begin', () => {
    // Stops after each packet, as ssh2's does after the last one under old keys.
    const stops = wholePackets((data, from) => from + 4 + Buffer.from(data).readUInt32BE(from) + 16);
    const two = Buffer.concat([packet(16), packet(32)]);
    expect(stops(two, 0, two.length)).toBe(36);
    // And where its beginning had been kept.
    const kept = wholePackets((data, from) => from + 4 + Buffer.from(data).readUInt32BE(from) + 16);
    expect(kept(two.subarray(0, 10), 0, 10)).toBeUndefined();
    expect(kept(two, 10, two.length)).toBe(36);
  });

  test('a length that no packet has is left to ssh2, which refuses it', () => {
    const decrypt = vi.fn(() => {
      throw new Error('Bad packet length');
    });
    const whole = wholePackets(decrypt);
    expect(() => whole(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]), 0, 5)).toThrow('Bad packet length');
    expect(wholePackets(() => undefined)(Buffer.from([0xff, 0xff]), 0, 2)).toBeUndefined();
  });

  test('a decipher that is in the middle of a packet, or another one, stays as it is', () => {
    const decrypt = () => undefined;
    for (const other of [
      { _decipherSSLName: 'aes-128-gcm', _lenBytes: 2, decrypt },
      { _decipherSSLName: 'aes-128-ctr', _lenBytes: 0, decrypt },
      { decrypt },
      undefined,
    ]) {
      expect(givePackets(other)).toBe(false);
      if (other !== undefined) expect(other.decrypt).toBe(decrypt);
    }
  });
});

describe('memory of a packet', () => {
  function input(compress: string) {
    const decipher = { _decipherSSLName: 'aes-128-gcm', _lenBytes: 0, decrypt: () => undefined };
    const client = Object.assign(new EventEmitter(), { _protocol: { _decipher: decipher } });
    const ssh = sshInput(client as unknown as Client);
    return { ssh, shakeHands: () => client.emit('handshake', { sc: { compress } }) };
  }

  const payload = (bytes = 32_768) => new Uint8Array(new ArrayBuffer(bytes + 20), 10, bytes);

  test('is freed, if it is known to be nobody else’s', () => {
    const { ssh, shakeHands } = input('none');
    const early = payload();
    ssh.letGo(early);
    expect(early.length).toBe(32_768);
    shakeHands();
    const own = payload();
    ssh.letGo(own);
    expect(own.length).toBe(0);
    // Small ones, a part of something, and what the pool of small buffers may be.
    for (const kept of [
      payload(100),
      payload().subarray(0, 20_000),
      new Uint8Array(new ArrayBuffer(Buffer.poolSize)),
    ]) {
      const { length } = kept;
      ssh.letGo(kept);
      expect(kept.length).toBe(length);
    }
  });

  test('is kept where it was compressed: then it is the decompressor’s', () => {
    const { ssh, shakeHands } = input('zlib@openssh.com');
    shakeHands();
    const bytes = payload();
    ssh.letGo(bytes);
    expect(bytes.length).toBe(32_768);
  });

  test('ssh2 gets a copy until its decipher is known to keep nothing', () => {
    const { ssh, shakeHands } = input('none');
    const got: Buffer[] = [];
    ssh.from(Object.assign(new EventEmitter(), {}).on('data', (bytes: Buffer) => got.push(bytes)) as never);
    const { buffer, callback } = ssh.onread as {
      buffer: Buffer;
      callback(length: number, buffer: Uint8Array): boolean;
    };
    expect(callback(5, buffer)).toBe(true);
    shakeHands();
    expect(callback(5, buffer)).toBe(true);
    expect(got.map((bytes) => bytes.length)).toEqual([5, 5]);
    expect(got.map((bytes) => bytes.buffer === buffer.buffer)).toEqual([false, true]);
  });
});
