import type { Outcome } from '../../../transfer/batch/outcome.ts';
import { printableJson } from '../../../values/text/printable.ts';

/** One JSON object a line. */
export async function* reportAsLines(outcomes: AsyncIterable<Outcome>): AsyncGenerator<string> {
  for await (const outcome of outcomes) yield `${printableJson(outcome)}\n`;
}

const COLUMNS = [
  'entry',
  'outcome',
  'name',
  'source',
  'size',
  'sha256',
  'md5',
  'crc32',
  'etag',
  'code',
  'message',
  'sha512',
  'sha1',
];

/** RFC 4180, with a line of names first. */
export async function* reportAsCsv(outcomes: AsyncIterable<Outcome>): AsyncGenerator<string> {
  yield row(COLUMNS);
  for await (const { entry, kind, name, source, sizeBytes, digests = {}, etag, error } of outcomes) {
    const { sha256, md5, crc32, sha512, sha1 } = digests;
    const { code, message } = error ?? {};
    yield row([entry, kind, name, source, sizeBytes, sha256, md5, crc32, etag, code, message, sha512, sha1]);
  }
}

function row(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map((cell) => quoted(String(cell ?? ''))).join(',')}\r\n`;
}

/** A cell that begins like a formula would be run as one by a spreadsheet: a name in a list can be anything. */
function quoted(cell: string): string {
  const plain = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
