import { PieceworkError } from '../../../errors/error.ts';
import type { HostEntry } from '../../../records/records.ts';
import { hostOf, KEYS } from '../../../records/records.ts';
import type { Input } from '../../../transfer/decide/decision.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import type { Instant } from '../../../values/time.ts';
import { fromIso, toIso } from '../../../values/time.ts';
import type { HostPorts } from './entry.ts';
import { readHost, stillThere, withNews, withSharer } from './entry.ts';

/** Writes what the inputs say of the host. `record` as it was when they came: that says which of them are current. */
export async function learnOfHost(ports: HostPorts, record: TransferRecord, inputs: readonly Input[]): Promise<void> {
  await changeHost(ports, record.request.source.url, (entry) => withNews(ports, entry, record, inputs));
}

/** `Retry-After` holds for all transfers from the host, not only for the piece that got it. */
export async function closeHost(ports: HostPorts, url: string, until: Instant): Promise<void> {
  await changeHost(ports, url, (entry) =>
    entry.closedUntil !== undefined && fromIso(entry.closedUntil) >= until
      ? undefined
      : { ...entry, closedUntil: toIso(until) },
  );
}

export async function joinHost(ports: HostPorts, record: TransferRecord): Promise<void> {
  if (ports.policy.hostCeiling === undefined) return;
  await changeHost(ports, record.request.source.url, (entry) => withSharer(ports, entry, record));
}

export async function leaveHost(ports: HostPorts, record: TransferRecord): Promise<void> {
  if (ports.policy.hostCeiling === undefined) return;
  await changeHost(ports, record.request.source.url, (entry) => {
    if (entry.transfers?.[record.id] === undefined) return undefined;
    const { [record.id]: _, ...others } = stillThere(entry, ports.clock.now());
    return { ...entry, transfers: others };
  });
}

const CHANGE_TRIES = 4;

/** `change` returning `undefined` = leave it. After four lost races it is left too: it is a hint. */
async function changeHost(
  ports: HostPorts,
  url: string,
  change: (entry: HostEntry) => HostEntry | undefined,
): Promise<void> {
  for (let tries = 1; tries <= CHANGE_TRIES; tries += 1) {
    const found = await readHost(ports, url);
    const next = change(found?.value ?? { v: 1 });
    if (next === undefined) return;
    try {
      await ports.records.put(KEYS.host(hostOf(url)), next, found?.version ?? 'absent');
      return;
    } catch (error) {
      if (!(error instanceof PieceworkError) || error.reaction === 'fail') throw error;
    }
  }
}
