import type { ShardIndex } from '../../../pipeline/batch/run-shards.ts';
import type { Records } from '../../../records/records.ts';
import { hostOf, KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import type { Listed } from '../../../transfer/batch/entry.ts';
import { isEntry } from '../../../transfer/batch/entry.ts';
import type { Outcome } from '../../../transfer/batch/outcome.ts';
import { isThere } from '../../../transfer/batch/outcome.ts';
import { stated } from '../../../values/stated.ts';
import type { LocalShards } from '../list/shard-store.ts';
import { localShards } from '../list/shard-store.ts';

/** A shard of a list that was read before. */
export interface KnownShard {
  readonly index: ShardIndex;
  /** Something of it is not at the destination. */
  readonly isOpen: boolean;
  /** What is open of it is not stored: its sources hold secrets, or it was cleaned up. */
  readonly isLost: boolean;
}

/**
 * What is known of the shards of a batch, in their order.
 * @param shards with what this process has in its memory. @default the state folder alone
 */
export async function storedShards(
  records: Records,
  batch: BatchRecord,
  shards: LocalShards = localShards(records),
): Promise<readonly KnownShard[]> {
  const all: KnownShard[] = [];
  for await (const shard of eachStoredShard(records, batch, shards)) all.push(shard);
  return all;
}

/** Only the same command goes on with what is missing: not all of that is stored. */
export async function isListNeeded(records: Records, batch: BatchRecord): Promise<boolean> {
  for await (const { isLost } of eachStoredShard(records, batch, localShards(records))) if (isLost) return true;
  return batch.list.entriesSha256 === '';
}

async function* eachStoredShard(
  records: Records,
  { id, list }: BatchRecord,
  { stored, get }: LocalShards,
): AsyncGenerator<KnownShard> {
  for (let number = 1; number <= list.shards; number += 1) {
    const outcomes = (await records.get(KEYS.outcomes(id, number)))?.value.outcomes ?? [];
    const { entries: listed, withheld } = (await stored(id, number)) ?? {};
    const isOpen = listed === undefined ? outcomes.length === 0 : !isAllThere(listed, outcomes);
    const isHeld = listed !== undefined && (withheld !== true || (await get(id, number)) !== undefined);
    const isLost = isOpen && !isHeld;
    const numbers = [...(listed ?? []).map((one) => one.number), ...outcomes.map(({ entry }) => entry)];
    // Not by spreading: a shard is small, and stays so.
    const first = numbers.reduce((lowest, one) => Math.min(lowest, one), Number.POSITIVE_INFINITY);
    yield { index: { number, first, ...stated({ host: hostOfAll(listed ?? []) }) }, isOpen, isLost };
  }
}

function isAllThere(listed: readonly Listed[], outcomes: readonly Outcome[]): boolean {
  const there = new Set(outcomes.filter(isThere).map(({ entry }) => entry));
  return listed.every(({ number }) => there.has(number));
}

/** The one host of its entries; `undefined` = there are several. */
function hostOfAll(listed: readonly Listed[]): string | undefined {
  const hosts = new Set(listed.filter(isEntry).map(({ sources: [source] }) => hostOf(source?.url ?? '')));
  return hosts.size === 1 ? [...hosts][0] : undefined;
}
