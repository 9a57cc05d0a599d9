import type { Destination } from '../../destinations/destination.ts';
import type { BatchEntry, Listed } from '../../transfer/batch/entry.ts';
import type { Outcome } from '../../transfer/batch/outcome.ts';
import type { Shard } from '../../transfer/batch/shards.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { ObjectSettings } from '../../transfer/request.ts';
import type { Window } from '../../values/bytes.ts';
import type { Ports } from '../shared/ports.ts';

/** All that the use cases of a batch know of the world, besides what they share with those of a transfer. */
export interface BatchPorts extends Pick<Ports, 'records' | 'sources' | 'clock' | 'ids' | 'policy'> {
  readonly shards: ShardStore;
  readonly destination: Destination;
  /** Where an entry goes, by its name. */
  locate(name: string): DestinationLocator;
  /** Makes the folders that the name lies in. @throws PieceworkError `DestinationNotWritable`. */
  makeRoom(name: string): void;
  readonly buffers: Buffers;
  /** A connection to a host, shared with all that this home fetches: waits for its turn. */
  connect(host: string, signal: AbortSignal): Promise<Disposable>;
  /**
   * Of the connections that the host bears, those that this worker may have, where others have their share of them too;
   * `undefined` = nothing is known against any number.
   * @default all that it bears
   */
  placesOf?(host: string): Promise<number | undefined>;
  /**
   * Brings what is too large for one buffer, as a transfer of its own.
   * @param twin name of an entry with the same source that was brought just now: where it can be, that is copied
   */
  bringLarge(entry: BatchEntry, object: ObjectSettings, signal: AbortSignal, twin?: string): Promise<Outcome>;
}

/** The entries of a batch, which may hold secrets, from the reading of the list until the batch has ended. */
export interface ShardStore {
  put(batchId: string, shard: Shard): Promise<void>;
  /** `undefined` = it is not there, or a secret in it is not there any more. */
  get(batchId: string, number: number): Promise<readonly Listed[] | undefined>;
}

/** Body memory for small entries: each takes as much as it has bytes. */
export interface Buffers {
  /** What is larger is no small entry. */
  readonly mostBytes: number;
  /** Waits for memory; at least `sizeBytes` long. A holder never borrows a second. */
  borrow(sizeBytes: number, signal: AbortSignal): Promise<Window>;
}
