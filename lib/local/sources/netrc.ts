import { readUserFile } from '../../disk/user-file.ts';

export interface NetrcLogin {
  readonly user: string;
  readonly password: string;
}

interface Entry {
  /** `undefined` = `default`, for every host. */
  readonly machine: string | undefined;
  readonly login: string;
  readonly password: string;
}

/** The login of a host in a `.netrc` (as ftp(1) and curl read it); with `user`, only one of that name. */
export function loginFor(text: string, host: string, user: string | undefined): NetrcLogin | undefined {
  const entry = entriesOf(text).find(
    ({ machine, login }) =>
      (machine === undefined || machine.toLowerCase() === host.toLowerCase()) && (user === undefined || user === login),
  );
  return entry === undefined ? undefined : { user: entry.login, password: entry.password };
}

function entriesOf(text: string): readonly Entry[] {
  const entries: { machine: string | undefined; login: string; password: string }[] = [];
  const tokens = tokensOf(text);
  for (let at = 0; at < tokens.length; at += 1) {
    const word = tokens[at];
    const value = tokens[at + 1] ?? '';
    const last = entries.at(-1);
    if (word === 'default') entries.push({ machine: undefined, login: 'anonymous', password: '' });
    else if (word === 'machine') entries.push({ machine: value, login: 'anonymous', password: '' });
    else if (word === 'login' && last !== undefined) last.login = value;
    else if (word === 'password' && last !== undefined) last.password = value;
    else if (word !== 'account') continue;
    if (word !== 'default') at += 1;
  }
  return entries;
}

/** A macro goes on to an empty line; it is none of ours. */
function tokensOf(text: string): readonly string[] {
  const kept = text.replace(/(^|\s)macdef\s[\s\S]*?(\n\s*\n|$)/g, '$1').replace(/(^|\s)#[^\n]*/g, '$1');
  return [...kept.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, plain]) => plain ?? quoted?.replace(/\\(.)/g, '$1') ?? '',
  );
}

/** @throws PieceworkError `InvalidOption` when it can't be read: it was asked for. */
export function readNetrc(path: string): string {
  return readUserFile(path, `the file ${path}`, '; NETRC names another one');
}
