import * as z from 'zod/mini';
import { count, id, version1 } from './forms.ts';

export const planBatch = () => z.object({ ...version1('plan-batch'), batchId: id() });
export const submitLarge = () =>
  z.object({ ...version1('submit-large'), batchId: id(), shard: count(), most: count() });
export const reportBatch = () => z.object({ ...version1('report'), batchId: id() });
export const batchTick = () => z.object({ ...version1('batch-tick'), batchId: id() });

export const shardTask = () => z.object({ ...version1('shard'), ...ofShard(), places: count() });
export const shardResult = () =>
  z.object({ ...version1('shard-result'), ...ofShard(), end: z.enum(['through', 'given-back']) });
export const deadShard = () => z.object({ ...version1('dead-shard'), task: shardTask() });

export function largeEnded() {
  return z.object({
    ...version1('large-ended'),
    batchId: id(),
    shard: count(),
    entry: count(),
    transferId: id(),
  });
}

const ofShard = () => ({ batchId: id(), run: count(), shard: count(), turn: count() });
