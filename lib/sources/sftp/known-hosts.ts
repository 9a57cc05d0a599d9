import { createHash, createHmac } from 'node:crypto';

/** What a list of known hosts says of a server's key. */
export type Acquaintance = 'known' | 'unknown' | 'changed' | 'revoked';

interface Entry {
  readonly marker: string;
  readonly hosts: string;
  /** As SSH sends it. */
  readonly key: string;
}

/** Text of known_hosts files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"), several joined by line breaks. */
export class KnownHosts {
  readonly #entries: readonly Entry[];

  constructor(text: string) {
    this.#entries = text.split(/\r?\n/).flatMap(entryOf);
  }

  judge(host: string, port: number, key: Uint8Array): Acquaintance {
    const wanted = Buffer.from(key).toString('base64');
    const name = nameOf(host, port);
    const about = this.#entries.filter(({ hosts }) => matches(hosts, name));
    if (about.some((entry) => entry.marker === '@revoked' && entry.key === wanted)) return 'revoked';
    const plain = about.filter(({ marker }) => marker === '');
    if (plain.some((entry) => entry.key === wanted)) return 'known';
    return plain.length === 0 ? 'unknown' : 'changed';
  }

  /** Kinds of keys that are known of a host: it is to be asked for one of these. */
  kindsOf(host: string, port: number): readonly string[] {
    const name = nameOf(host, port);
    const about = this.#entries.filter(({ marker, hosts }) => marker === '' && matches(hosts, name));
    return about.map(({ key }) => kindOf(Buffer.from(key, 'base64')));
  }
}

/** What `ssh-keygen -lf` prints. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** A key begins with the length and the text of its kind (RFC 4253 §6.6). */
export function kindOf(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return key.subarray(4, 4 + Math.min(length, 64)).toString('latin1');
}

function entryOf(line: string): readonly Entry[] {
  const [, marker = '', hosts, key] =
    /^\s*(?:(@[a-z-]+)\s+)?([^\s#@]\S*)\s+\S+\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(line) ?? [];
  return hosts === undefined || key === undefined ? [] : [{ marker, hosts, key }];
}

/** Another port than 22 is part of the name. */
function nameOf(host: string, port: number): string {
  const lower = host.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return isHashOf(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && globMatches(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => globMatches(pattern, name));
}

/** `HashKnownHosts yes`: HMAC-SHA1 of the name, under a salt of its own. */
function isHashOf(hashed: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hashed.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/**
 * `*` stands for any characters, `?` for one. Where it goes wrong, only the last `*` takes one more: a regular
 * expression would try all of them, which takes for ever with a few dozen.
 */
function globMatches(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let starEnd = 0;
  for (let index = 0; index < name.length; ) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at;
      starEnd = index;
      at += 1;
    } else if (wanted === '?' || wanted === name[index]) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      starEnd += 1;
      index = starEnd;
      at = star + 1;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
