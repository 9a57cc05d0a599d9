import type { CopyReport } from '../../lib/index.ts';

/* What a local home answers to the command line, where a test needs no engine. */

export const ID = '01JZ8AAAAAAAAAAAAAAAAAAAAA';

export const report: CopyReport = {
  transferId: ID,
  destination: { kind: 'file', path: '/data/file.bin' },
  result: { sizeBytes: 64 * 1024 ** 2, crc32: '0badf00d', version: 'validator', digests: {} },
  elapsedMs: 2000,
  fetchedBytes: 32 * 1024 ** 2,
  resumedPieces: 4,
};

export function lastLine(text: string): Record<string, unknown> {
  return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
