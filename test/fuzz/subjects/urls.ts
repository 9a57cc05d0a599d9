import fc from 'fast-check';
import { parseFile } from '../../../lib/destinations/file/locator.ts';
import { parseS3 } from '../../../lib/destinations/s3/locator.ts';
import { redactPlace, redactUrl } from '../../../lib/errors/redact.ts';
import { shownUrl } from '../../../lib/errors/secret-url-path.ts';
import { createGuard } from '../../../lib/guard/guard.ts';
import { callerRequest } from '../../../lib/http/requests/request-headers.ts';
import { parseReference } from '../../../lib/secrets/references/parse.ts';
import { fileSource } from '../../../lib/sources/file.ts';
import { ftpTarget } from '../../../lib/sources/ftp/url.ts';
import { s3Target } from '../../../lib/sources/s3/url.ts';
import { sftpTarget } from '../../../lib/sources/sftp/url.ts';
import { parseHostRule, plainHost } from '../../../lib/values/web/hosts.ts';
import { readUrl } from '../../../lib/values/web/read-url.ts';
import { mutated } from '../inputs.ts';
import { refusing, refusingLater, subject } from '../subject.ts';

const SECRET = 'hunter2SECRET';
const SOURCES = [
  `https://me:${SECRET}@host.example:8443/a/b%20c.iso?token=${SECRET}#part`,
  `ftp://me:${SECRET}@host.example/%2Fabsolute/file;type=i`,
  'ftps://host.example:990/file',
  `sftp://me:${SECRET}@[2001:db8::1]:22/~/file`,
  `s3://AKIA:${SECRET}@bucket/folder/key?versionId=1`,
  'file:///tmp/no-such-folder/a%20file',
  'secret://name#field',
  'https://xn--bcher-kva.example/ü?X-Amz-Signature=abc&X-Amz-Expires=60',
];
const DESTINATIONS = [
  's3://bucket/folder/key',
  's3://bucket/prefix/',
  './folder/file',
  '/tmp/x',
  'file:///tmp/x',
  '-',
  '',
];
const HOSTS = [
  'example.com',
  '*.example.com',
  '10.1.2.3',
  '[::1]',
  '0x7f.1',
  'bücher.example',
  '169.254.169.254',
  '::ffff:127.0.0.1',
];
const WORDS = [...HOSTS, 'https:', 'sftp:', 's3:', '%2F', '%5c', '%C3%28', '/../', '/./', `me:${SECRET}@`, '65536'];

const guard = createGuard({});
const file = fileSource();

export const URLS = [
  subject({
    name: 'source-urls',
    weight: 4,
    inputs: fc.record({ url: mutated(SOURCES, WORDS), secretPath: fc.boolean() }),
    begin:
      () =>
      async ({ url, secretPath }) => {
        const from = { url, ...(secretPath ? { secretPath } : {}) };
        refusing(() => readUrl(url));
        redactUrl(url);
        shownUrl(from);
        refusing(() => guard.checkUrl(url));
        refusing(() => callerRequest(from, 'piecework'));
        refusing(() => ftpTarget(from));
        refusing(() => sftpTarget(from, 'me'));
        refusing(() => s3Target(from, {}));
        refusing(() => parseReference(url));
        if (/^file:/i.test(url)) await refusingLater(() => file.copySource(from));
      },
  }),
  subject({
    name: 'destination-urls',
    weight: 2,
    inputs: mutated(DESTINATIONS, WORDS),
    begin: () => (text) => {
      redactPlace(text);
      refusing(() => parseS3(text, {}));
      refusing(() => parseFile(text));
    },
  }),
  subject({
    name: 'hosts',
    inputs: mutated(HOSTS, WORDS),
    begin: () => (text) => {
      const plain = plainHost(text);
      if (plain !== undefined && plainHost(plain) !== plain) throw new TypeError(`${plain} is not plain`);
      parseHostRule(text);
      refusing(() => guard.checkUrl(`https://${text}/`));
    },
  }),
];
