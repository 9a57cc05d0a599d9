import { holdsSecret } from '../../../lib/errors/redact.ts';

/** Options whose value may be a secret, unless it names a file. */
const SECRET = /^(?:--(?:header|user|bearer|identity-passphrase)|-[Hu])(?:=|$)/;

/** The command line as it can be run once more; `undefined` = a secret may stand in it, or what stdin gave is gone. */
export function againCommand(args: readonly string[]): string | undefined {
  const isSecret = args.some((arg, index) => {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(arg)) return !/^(?:s3|file):/i.test(arg) && holdsSecret(arg);
    return SECRET.test(arg) && !(args[index + 1] ?? '').startsWith('@');
  });
  return isSecret || args.includes('-') ? undefined : ['piecework', ...args].map(shellWord).join(' ');
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
