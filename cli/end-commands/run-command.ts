import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Context } from '../context.ts';
import { variableOf } from '../options/option.ts';
import type { EndValues } from './variables.ts';
import { variablesOf } from './variables.ts';

/**
 * Runs a command by the shell of this system (`/bin/sh`, `cmd.exe`), as it was written: nothing is put into it. What it
 * is about stands in its environment, so no name can be taken for a part of the command. It reads nothing, and what it
 * prints goes to stderr, since stdout is the caller's. A signal that stops us stops it, too.
 * @returns how it failed; `undefined` = it did not
 */
export async function runCommand(
  command: string,
  values: EndValues,
  { environment, signal }: Pick<Context, 'environment' | 'signal'>,
): Promise<string | undefined> {
  const child = spawn(command, {
    shell: true,
    stdio: ['ignore', 2, 2],
    // A piecework in the command has an end of its own, and would run the command for that again.
    env: { ...environment, [variableOf('onComplete')]: '', [variableOf('onError')]: '', ...variablesOf(values) },
    ...(signal.aborted ? {} : { signal }),
  });
  try {
    const [exitCode, killedBy] = (await once(child, 'close')) as [number | null, string | null];
    if (exitCode === 0) return undefined;
    return exitCode === null ? `it was ended by ${killedBy}` : `it ended with exit code ${exitCode}`;
  } catch (error) {
    const { code, name } = Object(error) as { code?: unknown; name?: unknown };
    return `it could not be run (${String(code ?? name)})`;
  }
}
