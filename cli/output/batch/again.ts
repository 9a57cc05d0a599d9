import { holdsSecret } from '../../../lib/errors/redact.ts';

/** Options whose value may be a secret, unless it names a file. Short ones may stand together, before the value. */
const SECRET = /^(?:--(?:header|user|bearer|identity-passphrase)(?:=|$)|-[A-Za-z]*?[Hu])(.*)$/s;
/** What becomes a URL, but need not look like one. */
const TEMPLATE = /^--(?:url|base|name|checksums-from)(?:=|$)(.*)$/s;
/** With one slash or none it is read as a URL, too. */
const URL_LIKE = /^(?:[a-z][a-z0-9+.-]*:\/\/|(?:https?|ftpe?s?|sftp):)/i;
const STDIN = /^(?:--(?:input-file|urls)=)?(?:-|\/dev\/(?:stdin|fd\/\d+))$/;

/** The command line as it can be run once more; `undefined` = a secret may stand in it, or what stdin gave is gone. */
export function againCommand(args: readonly string[]): string | undefined {
  /** The value of an option, in its own word or the next; `undefined` = the word is none of these options. */
  const givenTo = (options: RegExp, index: number): string | undefined => {
    const [given, within = ''] = options.exec(args[index] ?? '') ?? [];
    if (given === undefined) return undefined;
    return within === '' ? (args[index + 1] ?? '') : within;
  };
  const isSecret = args.some((arg, index) => {
    if (givenTo(SECRET, index)?.startsWith('@') === false) return true;
    // A query, or a login before a host.
    if (/\?|\/\/[^/]*@/.test(givenTo(TEMPLATE, index) ?? '')) return true;
    const value = arg.replace(/^--[\w-]+=/, '');
    return URL_LIKE.test(value) && !/^(?:s3|file):/i.test(value) && holdsSecret(value);
  });
  return isSecret || args.some((arg) => STDIN.test(arg)) ? undefined : ['piecework', ...args].map(shellWord).join(' ');
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
