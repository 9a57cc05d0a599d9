// Adds one to a record again and again, and prints each count that it stored.
// Usage: increment-record.ts FOLDER PATH TIMES [keep]: keep = with locks that are kept for a moment

import { folderRecords } from '../../lib/records/folder/records.ts';
import type { RecordKey } from '../../lib/records/records.ts';

const [folder = '', path = '', times = '0', locks = ''] = process.argv.slice(2);
await using records = folderRecords({ folder, keepsLocks: locks === 'keep' });
const key: RecordKey<{ readonly count: number }> = { path };

for (let done = 0; done < Number(times); ) {
  const found = await records.get(key);
  const count = (found?.value.count ?? 0) + 1;
  try {
    await records.put(key, { count }, found?.version ?? 'absent');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'Conflict') continue;
    throw error;
  }
  done += 1;
  console.log(count);
}
