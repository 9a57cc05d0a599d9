import fc from 'fast-check';
import { asPieceworkError } from '../../../lib/errors/error.ts';
import { redactText } from '../../../lib/errors/redact.ts';
import { nameInPath, redactPath } from '../../../lib/errors/secret-paths.ts';
import { printable, printableEscapes } from '../../../lib/values/text/printable.ts';
import { safeName } from '../../../lib/values/text/safe-name.ts';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../../lib/values/units.ts';
import { mutated } from '../inputs.ts';
import { subject } from '../subject.ts';

const TEXTS_OF_OTHERS = [
  'connect ECONNREFUSED https://me:secret@host/path?x=1 and s3://a:b@c/d',
  'Error: \u001b[31mred\u001b[0m /bot123456:AAF-abcdefghijklmnopqrstuvwxyz012345/file;jsessionid=0123456789ABCDEF',
  'Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu/s3/aws4_request, Signature=abc',
];

export const TEXTS = [
  subject({
    name: 'texts-of-others',
    weight: 2,
    inputs: mutated(TEXTS_OF_OTHERS, ['https://', 'a@b', '://', '\u001b[', '\u202e', '\u0085', 'x'.repeat(500)]),
    begin: () => (text) => {
      redactText(text);
      redactPath(text);
      nameInPath(text);
      printableEscapes(text);
      const { message } = asPieceworkError(new Error(text));
      if (printable(message) !== message) throw new TypeError(`not printable: ${JSON.stringify(message)}`);
      const name = safeName(text);
      if (name !== undefined && (name === '' || /[/\\\0]/.test(name))) throw new TypeError(`the name ${name}`);
    },
  }),
  subject({
    name: 'units',
    inputs: fc.oneof(mutated(['10MiB', '1.5 GB', '30s', '1h30m', '500ms', '0']), fc.string()),
    begin: () => (text) => {
      const bytes = parseBytes(text);
      if (bytes !== undefined) formatBytes(bytes);
      const ms = parseDuration(text);
      if (ms !== undefined) formatDuration(ms);
    },
  }),
];
