import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, rm, writeFile } from 'node:fs/promises';
import { readUserFile, readUserFileIfThere, systemReason } from '../../disk/user-file.ts';
import { PieceworkError } from '../../errors/error.ts';

/** 256 bits, in letters that need no quotes anywhere. */
const TOKEN_BYTES = 32;
/** RFC 6750, section 2.1: what may stand behind `Bearer`. Shorter ones can be found by trying. */
const TOKEN = /^[A-Za-z0-9._~+/-]{16,512}=*$/;

/** @throws PieceworkError `InvalidOption`: the file can't be read, or holds no token. */
export function readToken(path: string): string {
  return checked(path, readUserFile(path, `the token in ${path}`));
}

/** The same; where there is no file, one is made that no other user can read. */
export async function readOrMakeToken(path: string): Promise<string> {
  const there = readUserFileIfThere(path, `the token in ${path}`);
  if (there !== undefined) return checked(path, there);
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFile(draft, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    // Of two who make it at once, both read the first one's.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } catch (cause) {
    throw new PieceworkError(
      'InvalidOption',
      `the token can't be written to ${path} (${systemReason(cause)}); give another file with --token-file`,
      {
        cause,
      },
    );
  } finally {
    await rm(draft, { force: true });
  }
  return readToken(path);
}

function checked(path: string, text: string): string {
  const token = text.trim();
  if (TOKEN.test(token)) return token;
  throw new PieceworkError(
    'InvalidOption',
    `${path} holds no token: 16 characters or more, of letters, digits and . _ ~ + / -`,
  );
}

/** Whether an `Authorization` brings the token; takes as long for each that does not. */
export function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const wanted = digest(token);
  return (authorization) => {
    const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    return given !== undefined && timingSafeEqual(digest(given), wanted);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
