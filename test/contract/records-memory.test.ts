import { memoryRecords } from '../../lib/records/memory.ts';
import { recordsContract } from './records.ts';

recordsContract('memory', async () => {
  const records = memoryRecords({ pageSize: 3 });
  return { records, again: () => records };
});
