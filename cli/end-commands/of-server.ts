import { asPieceworkError } from '../../lib/errors/error.ts';
import type { Local, PieceworkEvent } from '../../lib/index.ts';
import type { Context } from '../context.ts';
import type { Settings } from '../options/table.ts';
import type { End } from './ends.ts';
import { endOf } from './ends.ts';
import { runCommand } from './run-command.ts';

/** The commands of a server: one after the other, in the order of the ends. */
export interface ServerCommands {
  /** A subscriber. */
  event(event: PieceworkEvent): void;
  /** Once all that have ended so far have had their command. */
  through(): Promise<void>;
}

/** @param say what went wrong, in a sentence */
export function serverCommands(
  { environment }: Pick<Context, 'environment'>,
  { onComplete, onError }: Pick<Settings, 'onComplete' | 'onError'>,
  local: () => Local | undefined,
  say: (sentence: string) => void,
): ServerCommands {
  // A command that has begun comes to its end, as what is under way does.
  const context = { environment, signal: new AbortController().signal };
  let last = Promise.resolve();

  async function run(command: string, { of, values }: End): Promise<void> {
    const home = local();
    const known = home === undefined ? undefined : await values(home);
    if (known === undefined) return;
    const failure = await runCommand(command, known, context);
    if (failure !== undefined) say(`the command for the end of ${of} failed: ${failure}`);
  }

  return {
    event(event) {
      const end = endOf(event);
      const command = end?.isGood === true ? onComplete : onError;
      if (end === undefined || command === undefined) return;
      last = last
        .then(() => run(command, end))
        .catch((error: unknown) =>
          say(`no command was run for the end of ${end.of}: ${asPieceworkError(error).message}`),
        );
    },
    through: () => last,
  };
}
