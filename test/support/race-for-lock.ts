// Takes a lock many times, and while it has it holds a file that no other process may hold then.
// Usage: race-for-lock.ts LOCK WITNESS TIMES

import { open, rm } from 'node:fs/promises';
import { acquireLock } from '../../lib/disk/lock.ts';

const [lockPath = '', witness = '', times = '0'] = process.argv.slice(2);

for (let done = 0; done < Number(times); done += 1) {
  const lock = await acquireLock(lockPath, { what: lockPath, patienceMs: 60_000 });
  // Fails if a second one believes that it has the lock.
  const file = await open(witness, 'wx');
  await file.close();
  await rm(witness);
  // Now and then one leaves without giving it back, as if it had been killed.
  if (done % 10 === 9) process.kill(process.pid, 'SIGKILL');
  await lock.release();
}
