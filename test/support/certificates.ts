import type { KeyObject } from 'node:crypto';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

// X.509 certificates for HTTPS tests (RFC 5280), written in DER by hand: Node can't make any,
// and openssl is not everywhere.

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface Authority extends Certificate {
  issue(options?: LeafOptions): Certificate;
}

export interface LeafOptions {
  /** Host names and IPv4 addresses. @default localhost and 127.0.0.1 */
  readonly names?: readonly string[];
  /** @default a day ago */
  readonly notBefore?: Date;
  /** @default in a day */
  readonly notAfter?: Date;
}

const DAY_MS = 86_400_000;

/** A private CA that is not trusted yet. */
export function createAuthority(name = 'Piecework test CA'): Authority {
  const keys = newKeys();
  const cert = certificate({ subject: name, issuer: name, keys, issuerKey: keys.privateKey, isAuthority: true });
  return {
    cert,
    key: pemOf(keys.privateKey),
    issue(options = {}) {
      const leaf = newKeys();
      return {
        key: pemOf(leaf.privateKey),
        cert: certificate({
          ...options,
          subject: 'Piecework test server',
          issuer: name,
          keys: leaf,
          issuerKey: keys.privateKey,
          isAuthority: false,
        }),
      };
    },
  };
}

export function createSelfSigned(options: LeafOptions = {}): Certificate {
  const keys = newKeys();
  const name = 'Piecework self-signed';
  return {
    key: pemOf(keys.privateKey),
    cert: certificate({
      ...options,
      subject: name,
      issuer: name,
      keys,
      issuerKey: keys.privateKey,
      isAuthority: false,
    }),
  };
}

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

interface Contents extends LeafOptions {
  readonly subject: string;
  readonly issuer: string;
  readonly keys: Keys;
  readonly issuerKey: KeyObject;
  readonly isAuthority: boolean;
}

function newKeys(): Keys {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));

function certificate(contents: Contents): string {
  const { keys, isAuthority } = contents;
  const extensions = [
    extension('551d13', sequence(...(isAuthority ? [der(0x01, Buffer.from([0xff]))] : [])), true),
    extension('551d0e', der(0x04, createHash('sha1').update(spki(keys.publicKey)).digest())),
    ...(isAuthority
      ? []
      : [extension('551d11', sequence(...(contents.names ?? ['localhost', '127.0.0.1']).map(alternativeName)))]),
  ];
  const signed = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    distinguishedName(contents.issuer),
    sequence(
      time(contents.notBefore ?? new Date(Date.now() - DAY_MS)),
      time(contents.notAfter ?? new Date(Date.now() + DAY_MS)),
    ),
    distinguishedName(contents.subject),
    spki(keys.publicKey),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', signed, contents.issuerKey);
  const whole = sequence(signed, ECDSA_WITH_SHA256, bitString(signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function alternativeName(name: string): Buffer {
  return isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

function time(at: Date): Buffer {
  return der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
}

function bitString(bytes: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...items: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(items));
}

function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}
