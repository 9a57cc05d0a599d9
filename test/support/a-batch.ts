import type { BatchRecord } from '../../lib/transfer/batch/batch-record.ts';
import { toIso } from '../../lib/values/time.ts';

/** A batch in a deployment, as tests need it that care about few of its fields. */
export function runningBatch(changes: Partial<BatchRecord> = {}): BatchRecord {
  return {
    v: 1,
    id: 'b',
    status: 'running',
    createdAt: toIso(0),
    updatedAt: toIso(0),
    destination: 's3://bucket/in/',
    place: { kind: 's3', bucket: 'bucket', key: 'in/' },
    list: { from: '', format: 'text', sha256: '', entriesSha256: '', entries: 1, shards: 1 },
    options: { ifExists: 'replace', maxAttempts: 3, object: {} },
    ...changes,
  };
}
