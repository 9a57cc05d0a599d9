import type { Listed } from './entry.ts';

/** What is worked on, and checkpointed, as one. */
export interface Shard {
  /** From 1, in the order in which they were filled. */
  readonly number: number;
  /** In the form that `hostOf` gives; absent: entries of several rare hosts. */
  readonly host?: string;
  /** In list order. */
  readonly entries: readonly Listed[];
}

export interface ShardLimits {
  /** Entries of one shard. */
  readonly most: number;
  /** With fewer entries than this at the end of the list, a host has no shard of its own. */
  readonly rare: number;
  /** Hosts whose shards are being filled at a time: with one more, the one that has had none for longest is rare. */
  readonly openHosts: number;
}

const SHARD_LIMITS: ShardLimits = { most: 256, rare: 32, openHosts: 64 };

/**
 * Cuts a list into shards of one host each as it is read; what is held meanwhile does not depend on its length. The
 * same list always gives the same shards.
 */
export interface ShardMaker {
  /** The shards that this entry fills. */
  add(entry: Listed, host: string): readonly Shard[];
  /** What is left. */
  end(): readonly Shard[];
}

export function shardMaker({ most, rare, openHosts }: ShardLimits = SHARD_LIMITS): ShardMaker {
  /** The host that had an entry last stands last. */
  const open = new Map<string, Listed[]>();
  let mixed: Listed[] = [];
  let made = 0;

  function shardOf(entries: readonly Listed[], host?: string): Shard {
    made += 1;
    return { number: made, ...(host === undefined ? {} : { host }), entries };
  }

  function mix(entries: readonly Listed[]): readonly Shard[] {
    // In list order, whichever host came first.
    mixed = [...mixed, ...entries].sort((a, b) => a.number - b.number);
    const full: Shard[] = [];
    while (mixed.length >= most) full.push(shardOf(mixed.splice(0, most)));
    return full;
  }

  return {
    add(entry, host) {
      const entries = open.get(host) ?? [];
      open.delete(host);
      entries.push(entry);
      if (entries.length === most) return [shardOf(entries, host)];
      open.set(host, entries);
      if (open.size <= openHosts) return [];
      const [longest] = open;
      if (longest === undefined) return [];
      open.delete(longest[0]);
      return mix(longest[1]);
    },
    end() {
      const all = [...open].flatMap(([host, entries]) =>
        entries.length < rare ? mix(entries) : [shardOf(entries, host)],
      );
      open.clear();
      const rest = mixed.length === 0 ? [] : [shardOf(mixed)];
      mixed = [];
      return [...all, ...rest];
    },
  };
}
