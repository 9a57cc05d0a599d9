import { execFile } from 'node:child_process';
import { join } from 'node:path';

const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'piecework.js');

export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Types `piecework ops … --stack NAME`. @param operator the environment with the operator's credentials */
export async function typeOps(
  operator: Readonly<Record<string, string>>,
  stack: string,
  ...args: readonly string[]
): Promise<Said> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...operator };
  return await new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, 'ops', ...args, '--stack', stack], { env }, (error, stdout, stderr) =>
      resolve({ exit: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}
