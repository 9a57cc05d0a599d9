import { createSecretKey } from 'node:crypto';
import type { Client } from 'ssh2';

/** Of ssh2's ciphers that are written in JavaScript: what they hand to `node:crypto` anew for each packet. */
const KEYS = ['_encKey', '_decipherKey', '_macKey', '_encKeyMain', '_encKeyPktLen', '_decKeyMain', '_decKeyPktLen'];

/**
 * ssh2 makes a cipher for each packet of 32 KiB, from the bytes of its key. Node looks at such bytes each time, which
 * costs more than deciphering the packet; of a key that it has made ready it knows what it is. Whatever of ssh2's
 * ciphers looks otherwise than expected stays as it is: then they are slower, and work as well.
 */
export function keepKeysReady(client: Client): void {
  // At first, and whenever the two sides have agreed on new keys.
  client.on('handshake', () => {
    const protocol: unknown = Reflect.get(client, '_protocol');
    for (const name of ['_cipher', '_decipher']) prepare(Reflect.get(Object(protocol), name));
  });
}

function prepare(cipher: unknown): void {
  for (const name of KEYS) {
    const key: unknown = Reflect.get(Object(cipher), name);
    if (Buffer.isBuffer(key)) Reflect.set(Object(cipher), name, createSecretKey(key));
  }
}
