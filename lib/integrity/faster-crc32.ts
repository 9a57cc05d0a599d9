import { createRequire } from 'node:module';

type Native = typeof import('@node-rs/crc32');

/** Of `bytes`, going on from the CRC-32 of what came before. */
export type Crc32 = (bytes: Uint8Array, seed: number) => number;

/** The check value that catalogues of CRCs give for CRC-32. */
const CHECK = { bytes: new TextEncoder().encode('123456789'), crc32: 0xcbf43926 } as const;

/**
 * The CRC-32 of a package of compiled code, 2.5 times as fast as Node's own. `undefined` where there is none for this
 * machine, where it can't be loaded, as in a bundle that is all there is, or where it does not give what it should.
 * @param load takes a package's name. @default Node's `require`
 */
export function fasterCrc32(load: (name: string) => unknown = createRequire(import.meta.url)): Crc32 | undefined {
  try {
    const { crc32 } = load('@node-rs/crc32') as Native;
    const [first, rest] = [CHECK.bytes.subarray(0, 4), CHECK.bytes.subarray(4)];
    return crc32(rest, crc32(first, 0)) === CHECK.crc32 ? crc32 : undefined;
  } catch {
    return undefined;
  }
}
