import { PieceworkError } from '../../../../errors/error.ts';
import type { Records, StoredShardIndex } from '../../../../records/records.ts';
import { KEYS } from '../../../../records/records.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { stated } from '../../../../values/stated.ts';
import type { ShardIndex } from '../../run-shards.ts';

/** In order of their numbers, from 1. */
export function indexOf(shards: readonly ShardIndex[]): StoredShardIndex {
  const hosts = [...new Set(shards.flatMap(({ host }) => (host === undefined ? [] : [host])))];
  const at = new Map(hosts.map((host, index) => [host, index]));
  const inOrder = [...shards].sort((a, b) => a.number - b.number);
  return {
    v: 1,
    firsts: inOrder.map(({ first }) => first),
    hosts,
    hostOf: inOrder.map(({ host }) => (host === undefined ? -1 : (at.get(host) ?? -1))),
  };
}

export async function loadIndex(
  { records }: { readonly records: Records },
  { id, list }: BatchRecord,
): Promise<readonly ShardIndex[]> {
  const found = await records.get(KEYS.shardIndex(id, list.readingId ?? ''));
  if (found === undefined) throw new PieceworkError('Internal', `the shards of batch ${id} are not known any more`);
  const { firsts, hosts, hostOf } = found.value;
  return firsts.map((first, at) => ({ number: at + 1, first, ...stated({ host: hosts[hostOf[at] ?? -1] }) }));
}
