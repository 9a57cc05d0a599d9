// Takes a lock, prints `held`, and keeps it until it is killed.
// Usage: hold-lock.ts PATH

import { acquireLock } from '../../lib/disk/lock.ts';

const [path = ''] = process.argv.slice(2);
await acquireLock(path, { what: path });
console.log('held');
setInterval(() => {}, 60_000);
