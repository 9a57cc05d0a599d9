import { discardPuts } from '../../../pipeline/batch/entry/puts.ts';
import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import type { Home } from '../../home/home.ts';
import { batchFolder } from '../batch-folder.ts';
import { localShards } from '../list/shard-store.ts';

/** Removes what a killed run left of puts, of a batch that is not gone on with. */
export async function discardLeftPuts(
  home: Home,
  { id, destination, list }: BatchRecord,
  signal: AbortSignal,
): Promise<void> {
  if (list.shards === 0) return;
  const { kind, locate } = batchFolder(home.destinations, destination);
  await using share = await home.engine.openBatch(kind);
  if (share.destination.discardPuts === undefined) return;
  const { stored } = localShards(home.records);
  for (let number = 1; number <= list.shards; number += 1) {
    const { outcomes = [] } = (await home.records.get(KEYS.outcomes(id, number)))?.value ?? {};
    const has = new Set(outcomes.map(({ entry }) => entry));
    const open = ((await stored(id, number))?.entries ?? []).filter((listed) => !has.has(listed.number));
    await discardPuts({ destination: share.destination, locate }, id, open, signal);
  }
}
