import { shownUrl } from '../../lib/errors/secret-url-path.ts';
import type { BatchReport, CopyReport } from '../../lib/index.ts';
import { describeDestination } from '../../lib/local/destinations/kinds.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { TransferRecord, TransferResult } from '../../lib/transfer/record/record.ts';

/** What a command gets of an end, by the name of a variable without its prefix. What is absent is not said. */
export type EndValues = Readonly<Record<string, string | number | undefined>>;

const PREFIX = 'PIECEWORK_END_';

/** As they stand in the command's environment. A variable can hold anything but NUL. */
export function variablesOf(values: EndValues): Record<string, string> {
  const stated = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(stated.map(([name, value]) => [`${PREFIX}${name}`, String(value).replaceAll('\0', '')]));
}

/** Of what was asked: before it is known how it ended. */
export function askedValues(source: SourceLocator, destination: string | undefined): EndValues {
  return { OF: 'transfer', SOURCE: shownUrl(source), DESTINATION: destination };
}

export function copiedValues({ transferId, destination, result }: CopyReport): EndValues {
  return { ID: transferId, DESTINATION: describeDestination(destination), ...resultValues(result) };
}

/** Of a transfer that a server has brought to its end. */
export function recordValues({ id, status, request, result, reason }: TransferRecord): EndValues {
  return {
    OF: 'transfer',
    ID: id,
    STATUS: status,
    SOURCE: request.source.url,
    DESTINATION: describeDestination(request.destination),
    ...(result === undefined ? {} : resultValues(result)),
    CODE: reason?.code,
    MESSAGE: reason?.message,
  };
}

export function batchValues(
  report: Pick<BatchReport, 'batchId' | 'status' | 'entries' | 'counters' | 'report' | 'reason'>,
  destination: string,
): EndValues {
  const { batchId, status, entries, counters, report: place, reason } = report;
  return {
    OF: 'batch',
    ID: batchId,
    STATUS: status,
    DESTINATION: destination,
    ENTRIES: entries,
    DONE: counters.done,
    UNCHANGED: counters.unchanged,
    FAILED: counters.failed,
    CANCELLED: counters.cancelled,
    SIZE: counters.bytes,
    REPORT: place,
    CODE: reason?.code,
    MESSAGE: reason?.message,
  };
}

function resultValues({ sizeBytes, crc32, digests, unchanged }: TransferResult): EndValues {
  return {
    STATUS: 'completed',
    SIZE: sizeBytes,
    CRC32: crc32,
    SHA256: digests.sha256,
    UNCHANGED: unchanged === true ? 'true' : undefined,
  };
}
