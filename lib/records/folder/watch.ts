import { mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { pathOfFile } from './names.ts';

/**
 * Calls back with the path of each record of the room that is written or removed, by whatever process, soon after; it
 * may say one twice. Where the system can't watch, nothing is said.
 */
export function watchRoom(folder: string, room: string, onChange: (path: string) => void): Disposable {
  try {
    mkdirSync(join(folder, room), { recursive: true, mode: 0o700 });
    const watcher = watch(join(folder, room), { persistent: false }, (_kind, name) => {
      const path = name === null ? undefined : pathOfFile(room, name);
      if (path !== undefined) onChange(path);
    });
    watcher.on('error', () => watcher.close());
    return { [Symbol.dispose]: () => watcher.close() };
  } catch {
    return { [Symbol.dispose]() {} };
  }
}
