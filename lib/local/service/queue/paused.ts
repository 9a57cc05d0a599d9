import { join } from 'node:path';
import { readUserFileIfThere } from '../../../disk/user-file.ts';
import { parseQueue } from './queue-file.ts';

/** What was paused one by one in the server of a state folder, whether it runs or not. */
export function pausedIn(stateDir: string): ReadonlySet<string> {
  const path = join(stateDir, 'server', 'queue.json');
  const { preferences } = parseQueue(readUserFileIfThere(path, `the queue in ${path}`));
  return new Set(Object.entries(preferences).flatMap(([id, { paused }]) => (paused === true ? [id] : [])));
}
