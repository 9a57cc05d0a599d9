import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sftpSource } from '../../lib/sources/sftp/source.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import { startSftpServer } from '../support/sftp-server.ts';
import { knownHostsLine } from '../support/ssh-keys.ts';
import { sshd } from '../support/sshd.ts';
import { withServer } from '../support/with-server.ts';
import { sourceContract } from './source.ts';

const features = { ranges: true, sizes: true, versions: true };

for (const [name, options] of [
  ['sftp, ssh2', {}],
  ['sftp, ssh2 that answers in small pieces', { maxReadBytes: 5000 }],
  ['sftp, ssh2 with keyboard-interactive only', { interactiveOnly: true }],
] as const) {
  const server = forAllTests(() => startSftpServer(options));
  sourceContract(name, async () => {
    const { host, port, folder, user, password, hostKey } = server();
    const own = await mkdtemp(join(tmpdir(), 'piecework-known-hosts-'));
    await writeFile(join(own, 'known_hosts'), knownHostsLine(port, hostKey));
    const source = sftpSource({ knownHostsFiles: [join(own, 'known_hosts')] });
    return {
      source,
      features,
      async put(file, bytes) {
        await folder.put(file, bytes);
        return { url: `sftp://${user}:${password}@${host}:${port}/${file}` };
      },
      remove: (file) => folder.remove(file),
      async [Symbol.asyncDispose]() {
        await source[Symbol.asyncDispose]();
        await rm(own, { recursive: true });
      },
    };
  });
}

await withServer('sshd', sshd, (start) => {
  const server = forAllTests(() => start());
  sourceContract('sftp, OpenSSH', async () => {
    const { host, port, folder, user, hostKey, userKey } = server();
    const source = sftpSource();
    return {
      source,
      features,
      async put(file, bytes) {
        await folder.put(file, bytes);
        return {
          url: `sftp://${host}:${port}${folder.path}/${file}`,
          auth: { kind: 'key', user, privateKey: userKey.privateKey },
          hostFingerprint: hostKey.fingerprint,
        };
      },
      remove: (file) => folder.remove(file),
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  });
});
