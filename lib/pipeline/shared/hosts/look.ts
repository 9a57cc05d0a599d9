import type { HostEntry } from '../../../records/records.ts';
import { placesUnder } from '../../../transfer/decide/ceiling.ts';
import type { HostFacts, Input } from '../../../transfer/decide/decision.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import type { HostPorts } from './entry.ts';
import { ceilingOf, closedUntil, readHost, sharersOf, withNews, withSharer } from './entry.ts';

/**
 * Reads what a decision needs to know of the source's host, with what came in taken into account, and writes nothing.
 * `hasNews`: it is to be learned (`learnOfHost`) once the decision is stored.
 */
export async function lookAtHost(
  ports: HostPorts,
  record: TransferRecord,
  inputs: readonly Input[],
): Promise<{ readonly facts: HostFacts; readonly hasNews: boolean }> {
  const before = (await readHost(ports, record.request.source.url))?.value;
  const after = withNews(ports, before, record, inputs);
  return { facts: factsOf(ports, record, after ?? before), hasNews: after !== undefined };
}

/** As it is once the transfer shares the host's connections (`joinHost`). */
export async function lookBeforeJoining(ports: HostPorts, record: TransferRecord): Promise<HostFacts> {
  const before = (await readHost(ports, record.request.source.url))?.value;
  return factsOf(ports, record, withSharer(ports, before, record));
}

/** How long the host has asked all transfers to wait; 0 = it is open. */
export async function closedForMs(ports: HostPorts, url: string): Promise<number> {
  return Math.max(0, closedUntil((await readHost(ports, url))?.value) - ports.clock.now());
}

/** Places: `min(parallelism, host ceiling ÷ active transfers of that host)` (protocol §8), at least one. */
function factsOf(ports: HostPorts, record: TransferRecord, entry: HostEntry | undefined): HostFacts {
  const now = ports.clock.now();
  const { parallelism } = record.request.options;
  const places = placesUnder(
    ceilingOf(ports, entry)?.connections,
    sharersOf(entry, now),
    parallelism,
    ports.policy.places(parallelism),
  );
  const until = closedUntil(entry);
  return until > now ? { places, hostClosedUntil: until } : { places };
}
