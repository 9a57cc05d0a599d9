import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readJournal } from '../../../lib/destinations/file/upload/journal.ts';
import { crc32, crc32Hex } from '../../../lib/integrity/crc32.ts';
import { mutated, mutatedJson } from '../inputs.ts';
import { subject } from '../subject.ts';

const signed = (entry: object) =>
  JSON.stringify({ ...entry, check: crc32Hex(crc32(Buffer.from(JSON.stringify(entry)))) });
const AT = '2026-01-01T00:00:00.000Z';
const LINES = [
  { kind: 'upload', upload: { v: 1, token: '01T.01P', target: 'f', sizeBytes: 30, pieceSizeBytes: 10, createdAt: AT } },
  { kind: 'part', part: { number: 1, sizeBytes: 10, offset: 0, crc32: 5, modifiedAt: AT } },
  { kind: 'dropped', number: 1 },
  { kind: 'finished', file: { inode: '7', sizeBytes: 30, modifiedMs: 1 } },
];
const WHOLE = LINES.map(signed).join('\n');

export const JOURNALS = subject({
  name: 'journals',
  weight: 0.5,
  inputs: fc.oneof(
    mutated([WHOLE, `${WHOLE}\n${WHOLE}`], LINES.map(signed)),
    mutatedJson(LINES).map((line) => `${signed(LINES[0] ?? {})}\n${line}`),
  ),
  begin(cleanup) {
    const folder = mkdtempSync(join(tmpdir(), 'piecework-fuzz-'));
    const path = join(folder, 'journal');
    cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
    return async (text) => {
      writeFileSync(path, text);
      const journal = await readJournal(path);
      if (typeof journal !== 'object') return;
      for (const [number, part] of journal.parts) if (part.number !== number) throw new TypeError('another part');
    };
  },
});
