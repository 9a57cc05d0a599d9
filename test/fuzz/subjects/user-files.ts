import fc from 'fast-check';
import { loginFor } from '../../../lib/local/sources/netrc.ts';
import { KnownHosts } from '../../../lib/sources/sftp/known-hosts.ts';
import { mutated } from '../inputs.ts';
import { subject } from '../subject.ts';

const KEY = Buffer.from(`\0\0\0\x0bssh-ed25519\0\0\0\x20${'k'.repeat(32)}`, 'latin1');
const HOSTS = [
  `host.example,10.0.0.1 ssh-ed25519 ${KEY.toString('base64')} a comment\n`,
  `|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-rsa AAAAB3Nz\n@revoked [h]:2222 ssh-ed25519 ${KEY.toString('base64')}\n`,
  '*.example !bad.example ssh-rsa AAAA\n# nothing\n',
];
const NETRC = [
  'machine host.example login me password "a \\"b\\" c"\ndefault login anonymous password x\n',
  'macdef init\ncd /x\n\nmachine a account z login b password c # end\n',
];

export const USER_FILES = [
  subject({
    name: 'known-hosts',
    inputs: fc.record({
      text: mutated(HOSTS, ['|1|', '@cert-authority ', '*', '!', '?', '[', ']:']),
      port: fc.constantFrom(22, 2222),
    }),
    begin:
      () =>
      ({ text, port }) => {
        const known = new KnownHosts(text);
        known.judge('host.example', port, KEY);
        known.kindsOf('host.example', port);
      },
  }),
  subject({
    name: 'netrc',
    inputs: mutated(NETRC, ['machine ', 'login ', 'macdef ', '#', '\n\n', '"', '\\']),
    begin: () => (text) => void loginFor(text, 'host.example', undefined),
  }),
];
