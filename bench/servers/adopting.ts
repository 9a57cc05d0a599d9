import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Adopts what its child leaves behind (prctl(2), `PR_SET_CHILD_SUBREAPER`), and waits for it: what that has used is
 * then counted as used by us.
 */
const ADOPT = `
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
child = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
while os.wait()[0] != child: pass
`;

/**
 * What runs a server of which processes end after their parents: sshd's `sftp-server`, when a connection breaks off.
 * Otherwise they are taken for another program's. Nothing where no Python is.
 */
export async function adopting(): Promise<readonly string[]> {
  const python = ['python3', '-c', ADOPT];
  return await promisify(execFile)('python3', ['--version']).then(
    () => python,
    () => [],
  );
}
