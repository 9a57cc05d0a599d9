import { asPieceworkError } from '../../lib/errors/error.ts';
import type { Local, PieceworkEvent } from '../../lib/index.ts';
import type { Context } from '../context.ts';
import type { Settings } from '../options/table.ts';
import { runCommand } from './run-command.ts';
import { recordValues } from './variables.ts';

/** The commands of a server: one after the other, in the order of the ends. */
export interface ServerCommands {
  /** A subscriber. */
  event(event: PieceworkEvent): void;
  /** Once all that have ended so far have had their command. */
  through(): Promise<void>;
}

/**
 * A transfer that is an entry of a batch has no command of its own.
 * @param say what went wrong, in a sentence
 */
export function serverCommands(
  { environment }: Pick<Context, 'environment'>,
  { onComplete, onError }: Pick<Settings, 'onComplete' | 'onError'>,
  local: () => Local | undefined,
  say: (sentence: string) => void,
): ServerCommands {
  // A command that has begun comes to its end, as what is under way does.
  const context = { environment, signal: new AbortController().signal };
  let last = Promise.resolve();

  async function run(command: string, transferId: string): Promise<void> {
    const record = (await local()?.status(transferId))?.record;
    if (record === undefined || record.batch !== undefined) return;
    const failure = await runCommand(command, recordValues(record), context);
    if (failure !== undefined) say(`the command for the end of transfer ${transferId} failed: ${failure}`);
  }

  return {
    event(event) {
      if (event.type !== 'completed' && event.type !== 'failed' && event.type !== 'cancelled') return;
      const command = event.type === 'completed' ? onComplete : onError;
      if (command === undefined) return;
      const { transferId } = event;
      last = last
        .then(() => run(command, transferId))
        .catch((error: unknown) =>
          say(`no command was run for the end of transfer ${transferId}: ${asPieceworkError(error).message}`),
        );
    },
    through: () => last,
  };
}
