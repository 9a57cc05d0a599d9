import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import fsp from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

// Loaded into the command line by `--import`: kills its process (SIGKILL) just before a change to the disk, so that all
// changes before it are made, and none after. `play.ts` says before which one.

const { KILL_UNDER = '', KILL_BEFORE, KILL_NTH = '1', KILL_LOG } = process.env;
const wanted = KILL_BEFORE === undefined ? undefined : new RegExp(KILL_BEFORE);
let left = Number(KILL_NTH);

function change(call: string, path: string): void {
  if (!path.startsWith(KILL_UNDER)) return;
  const what = `${call} ${path.slice(KILL_UNDER.length + 1)}`;
  if (KILL_LOG !== undefined) fs.appendFileSync(KILL_LOG, `${what}\n`);
  if (wanted?.test(what) !== true) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

type Call = (...args: unknown[]) => Promise<unknown>;

function watch(object: object, names: readonly string[], path?: string): void {
  const calls = object as Record<string, Call>;
  for (const name of names) {
    const call = calls[name]?.bind(object);
    if (call === undefined) throw new Error(`there is no ${name} to watch`);
    calls[name] = async (...args) => {
      change(path === undefined ? name : `handle.${name}`, path ?? String(args[0]));
      return await call(...args);
    };
  }
}

const OPENED = ['write', 'writev', 'sync', 'datasync', 'truncate', 'writeFile', 'appendFile'];
const { open } = fsp;
interface HowToWrite {
  readonly flag?: string;
  readonly mode?: number;
  readonly flush?: boolean;
}
Object.assign(fsp, {
  // In its steps: it may be killed between two of them.
  async writeFile(path: string, data: string, { flag = 'w', mode, flush = false }: HowToWrite = {}): Promise<void> {
    const handle = await fsp.open(path, flag, mode);
    try {
      await handle.writeFile(data);
      if (flush) await handle.sync();
    } finally {
      await handle.close();
    }
  },

  async open(path: string, flags: string | number = 'r', mode?: number): Promise<FileHandle> {
    const reads =
      typeof flags === 'string' ? flags === 'r' : (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) === 0;
    if (!reads) change('open', path);
    const handle = await open(path, flags, mode);
    if (!reads) watch(handle, OPENED, path);
    return handle;
  },
});
watch(fsp, ['appendFile', 'rename', 'rm', 'unlink', 'link', 'mkdir', 'truncate', 'utimes']);
syncBuiltinESMExports();
