import type { MadeShards } from '../../../pipeline/batch/make-shards.ts';
import { makeShards } from '../../../pipeline/batch/make-shards.ts';
import type { BatchList } from '../../../transfer/batch/batch-record.ts';
import type { Home } from '../../home/home.ts';
import type { BatchRequest } from '../api.ts';
import type { LocalBatchPorts } from '../batch-ports.ts';
import { checkRoom } from './check-room.ts';
import type { OpenedList } from './open-list.ts';
import { openList } from './open-list.ts';

/** What is known of a list that was read: without the hashes of its names, which are large. */
export interface ReadList extends Pick<OpenedList, 'because' | 'notes'> {
  readonly made: MadeShards;
  /** As a record has it. */
  readonly list: BatchList;
}

/**
 * Reads a list to its end into shards of this id, and looks whether there is room for it.
 * @throws PieceworkError `InvalidList`, `DestinationFull`, and those of the source that it comes from; then shards may
 * be left.
 */
export async function readList(
  home: Home,
  request: BatchRequest,
  of: { readonly ports: LocalBatchPorts; readonly kind: string; readonly batchId: string },
  signal: AbortSignal,
): Promise<ReadList> {
  const { ports, kind, batchId } = of;
  const opened = await openList(home, request, kind, signal);
  const made = await makeShards(ports, batchId, opened.entries);
  await checkRoom(ports, batchId, made, signal);
  const { because } = opened;
  const notes = opened.notes();
  const { sha256: entriesSha256, entries, shards } = made;
  const list = { ...opened.description(), entriesSha256, entries, shards: shards.length };
  return { because, notes: () => notes, made, list };
}
