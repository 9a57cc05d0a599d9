import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Socket } from 'node:net';

/**
 * The process at the other end of a loopback connection: the very function that is fetching. Linux only.
 * Its local port stands in /proc/net/tcp with the socket's inode, and the inode among its open files.
 */
export async function peerOf(socket: Socket): Promise<number> {
  const port = socket.remotePort;
  if (port === undefined) throw new Error('the connection is closed already');
  const inode = await inodeOf(port);
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (await holds(pid, inode)) return Number(pid);
  }
  throw new Error(`no process has port ${port}`);
}

async function inodeOf(port: number): Promise<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    // 01 = established
    if (local?.endsWith(wanted) === true && state === '01' && inode !== undefined) return inode;
  }
  throw new Error(`no connection from port ${port}`);
}

async function holds(pid: string, inode: string): Promise<boolean> {
  try {
    for (const fd of await readdir(`/proc/${pid}/fd`)) {
      if ((await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')) === `socket:[${inode}]`) return true;
    }
  } catch {
    // It ended, or is not ours.
  }
  return false;
}
