import type { DigestAlgorithm } from '../digests.ts';
import type { Outcome } from './outcome.ts';
import { isThere } from './outcome.ts';

/** How lists of checksums are called by custom, of those algorithms that coreutils have a command for. */
export const SUMS_NAMES: Readonly<Partial<Record<DigestAlgorithm, string>>> = {
  sha256: 'SHA256SUMS',
  sha512: 'SHA512SUMS',
  sha1: 'SHA1SUMS',
  md5: 'MD5SUMS',
};

/**
 * The name of the batch's list. Where an entry has the one by custom, or it is what the batch was made from, the
 * batch's id is added to it.
 */
export async function sumsName(
  algorithm: DigestAlgorithm,
  batchId: string,
  outcomes: AsyncIterable<Outcome>,
  isList: (name: string) => boolean,
): Promise<string> {
  const custom = SUMS_NAMES[algorithm] ?? '';
  const isTaken = isList(custom) || (await hasName(outcomes, custom));
  return isTaken ? `${custom}-${batchId}` : custom;
}

async function hasName(outcomes: AsyncIterable<Outcome>, name: string): Promise<boolean> {
  for await (const outcome of outcomes) if (outcome.name === name) return true;
  return false;
}

/** Of what is there, a line each. */
export async function* sumLines(outcomes: AsyncIterable<Outcome>, algorithm: DigestAlgorithm): AsyncGenerator<string> {
  for await (const outcome of outcomes) {
    const hex = outcome.digests?.[algorithm];
    if (isThere(outcome) && hex !== undefined) yield sumLine(hex, outcome.name);
  }
}

/** As coreutils write it: what would break the line is escaped, and a backslash at its front says so. */
export function sumLine(hex: string, name: string): string {
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === name ? '' : '\\'}${hex}  ${escaped}\n`;
}
