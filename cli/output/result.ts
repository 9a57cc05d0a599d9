import type { CopyReport } from '../../lib/index.ts';
import { describeDestination } from '../../lib/local/destinations/kinds.ts';
import { isServerSideCopy } from '../../lib/transfer/plan/plan.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { formatBytes, formatDuration } from '../../lib/values/units.ts';

/** What a program gets of a finished copy. */
export function resultJson({ destination, result, ...report }: CopyReport): object {
  const { transferId, elapsedMs, fetchedBytes, resumedPieces, plan } = report;
  const where = { destination: describeDestination(destination), locator: destination };
  return { type: 'result', transferId, ...where, ...result, elapsedMs, fetchedBytes, resumedPieces, plan };
}

const VERSION_NOTES: Partial<Record<CopyReport['result']['version'], readonly string[]>> = {
  unverified: [
    'the source names no version of itself, so nothing proves that all pieces are of one; --expect-sha256 would',
  ],
  'one-answer': [
    'the source contradicted itself, so all of it came in one answer: whole, of one version; --expect-sha256 would prove of which',
  ],
};

/** What a person reads of it: how much, how fast, and what proves it. */
export function summaryLines(report: CopyReport): readonly string[] {
  const { result, elapsedMs, fetchedBytes, plan } = report;
  if (result.unchanged === true) return ['the same version is there already: nothing was moved'];
  const isCopied = isServerSideCopy(plan);
  const speed = isCopied ? [] : [`${formatBytes((fetchedBytes * 1000) / Math.max(1, elapsedMs))}/s`];
  const fetched = fetchedBytes < result.sizeBytes ? ` (${formatBytes(fetchedBytes)} of it now)` : '';
  const how = isCopied ? ' (copied by the store itself, no byte through here)' : fetched;
  const proofs = [
    ...Object.entries(result.digests).map(([algorithm, hex]) => `${algorithm} ${hex}`),
    ...(result.crc32 === undefined || 'crc32' in result.digests ? [] : [`crc32 ${result.crc32}`]),
  ];
  return [
    printable(
      [[`${formatBytes(result.sizeBytes)}${how} in ${formatDuration(elapsedMs)}`, ...speed].join(', '), ...proofs].join(
        '; ',
      ),
    ),
    ...(VERSION_NOTES[result.version] ?? []),
    ...(result.end === 'unproved'
      ? ['nothing proves that this is all of it; --expect-size or --expect-sha256 would, and --strict asks for it']
      : []),
  ];
}
