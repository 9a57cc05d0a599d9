import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readUserFile, readUserFileIfThere } from '../../disk/user-file.ts';

/** Seals values so that what lies in the state folder holds no secret in the open. */
export interface Sealer {
  seal(value: unknown): Promise<string>;
  /** `undefined` = it was sealed with another key, or is damaged. */
  unseal<T>(sealed: string): Promise<T | undefined>;
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

/**
 * AES-256-GCM with a key of this machine, in the file `sealing-key` of the state folder, which its user alone reads. It
 * keeps secrets out of records, and of whatever is copied, searched or shown of them; who reads all of the user's files
 * reads the key too, and for that a reference (`secret://…`) is the answer.
 * @param folder which is there
 */
export function sealer(folder: string): Sealer {
  const path = join(folder, 'sealing-key');
  const subject = `the key in ${path}`;

  async function madeKey(): Promise<Buffer> {
    const there = readUserFileIfThere(path, subject);
    if (there !== undefined) return Buffer.from(there, 'base64');
    const draft = `${path}.${randomBytes(8).toString('hex')}`;
    try {
      await writeFile(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
      // Of two who make it at once, both read the first one's.
      await link(draft, path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    } finally {
      await rm(draft, { force: true });
    }
    return Buffer.from(readUserFile(path, subject), 'base64');
  }

  return {
    async seal(value) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, await madeKey(), iv);
      const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
    },
    async unseal<T>(text: string) {
      const there = readUserFileIfThere(path, subject);
      if (there === undefined) return undefined;
      const bytes = Buffer.from(text, 'base64');
      const [iv, tag, sealed] = [
        bytes.subarray(0, IV_BYTES),
        bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES),
        bytes.subarray(IV_BYTES + TAG_BYTES),
      ];
      try {
        const decipher = createDecipheriv(ALGORITHM, Buffer.from(there, 'base64'), iv, { authTagLength: TAG_BYTES });
        decipher.setAuthTag(tag);
        return JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')) as T;
      } catch {
        return undefined;
      }
    },
  };
}
