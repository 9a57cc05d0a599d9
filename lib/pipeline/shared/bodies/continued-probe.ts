import type { Probe } from '../../../sources/source.ts';
import type { SourceLocator } from '../../../transfer/locators.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import { isOneStream } from '../../../transfer/record/record.ts';
import type { Snapshot } from '../../../transfer/snapshot.ts';
import type { Ports } from '../ports.ts';
import { continuedReader } from './continued-reader.ts';

/**
 * The same probe, whose body goes on where its connection breaks. Only where the source has ranges and names its
 * version: a body that comes with one answer is of one version, and must stay so.
 * @param ranges what the first look found; a look without a range finds none.
 */
export function continuedProbe(
  ports: Ports,
  record: TransferRecord,
  locator: SourceLocator,
  probe: Probe,
  ranges: boolean,
  signal: AbortSignal,
): Probe {
  const { snapshot, bodyIsWhole } = probe;
  const { sizeBytes, validator } = snapshot;
  if (!ranges || isOneStream(record) || !bodyIsWhole || sizeBytes === undefined || validator.kind === 'none')
    return probe;
  const source = ports.sources(locator.url);
  const planned: Snapshot = { ...snapshot, ranges };
  const body = continuedReader(probe.body, {
    ports,
    transferId: record.id,
    range: { start: 0, end: sizeBytes },
    openAgain: (rest, own) => source.open(locator, planned, rest, { signal: own }),
    signal,
  });
  return {
    ...probe,
    body,
    async [Symbol.asyncDispose]() {
      await body[Symbol.asyncDispose]();
      await probe[Symbol.asyncDispose]();
    },
  };
}
