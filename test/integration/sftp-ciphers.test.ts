import { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { sftpSource } from '../../lib/sources/sftp/source.ts';
import { sshInput } from '../../lib/sources/sftp/ssh/input.ts';
import { keepKeysReady } from '../../lib/sources/sftp/ssh/prepared-keys.ts';
import { patternBytes } from '../support/pattern.ts';
import { call, readAll } from '../support/reading.ts';
import { sshd } from '../support/sshd.ts';
import { withServer } from '../support/with-server.ts';

const SIZE = 3_000_000;
const BYTES = patternBytes(0, SIZE);
const WINDOW_BYTES = 1024 ** 2;

await withServer('sshd', sshd, (start) => {
  test.each([
    ['aes128-gcm@openssh.com', ['_decipherKey']],
    ['aes256-ctr', ['_macKey']],
    ['chacha20-poly1305@openssh.com', ['_decKeyMain', '_decKeyPktLen']],
  ] as const)('%s: ssh2 keeps its keys under the names that are known', async (cipher, names) => {
    await using server = await start({ settings: [`Ciphers ${cipher}`] });
    const client = new ssh2.Client();
    keepKeysReady(client);
    sshInput(client);
    const ready = once(client, 'ready');
    const { host, port, user, userKey } = server;
    const algorithms = { cipher: [cipher] };
    client.connect({ host, port, username: user, privateKey: userKey.privateKey, algorithms });
    await ready;
    const decipher: unknown = Reflect.get(Object(Reflect.get(client, '_protocol')), '_decipher');
    for (const name of names) expect(Reflect.get(Object(decipher), name)).toBeInstanceOf(KeyObject);
    // What gives it whole packets stands before its own, which is its class's.
    expect(Object.hasOwn(Object(decipher), 'decrypt')).toBe(cipher.includes('gcm'));
    client.destroy();
  });

  test.each([
    ['aes128-gcm@openssh.com', []],
    ['aes256-ctr', []],
    ['chacha20-poly1305@openssh.com', []],
    ['aes128-gcm@openssh.com', ['RekeyLimit 1M']],
  ])('%s %s: reads what was written, over new keys as well', async (cipher, settings) => {
    await using server = await start({ settings: [`Ciphers ${cipher}`, ...settings] });
    await server.folder.put('file.bin', BYTES);
    await using source = sftpSource({ identities: () => [server.userKey.privateKey] });
    const from = {
      url: `sftp://${server.user}@${server.host}:${server.port}${server.folder.path}/file.bin`,
      hostFingerprint: server.hostKey.fingerprint,
    };
    await using probe = await source.probe(from, 1, call());
    await using body = await source.open(from, probe.snapshot, { start: 0, end: SIZE }, call());
    expect(Buffer.compare(await readAll(body, WINDOW_BYTES), BYTES)).toBe(0);
  });
});
