import { asPieceworkError, PieceworkError } from '../../lib/errors/error.ts';
import type { Context } from '../context.ts';
import type { Settings } from '../options/table.ts';
import { writeLine } from '../output/lines.ts';
import { runCommand } from './run-command.ts';
import type { EndValues } from './variables.ts';

/** `--on-complete` and `--on-error`. */
export interface EndCommands {
  /** @throws PieceworkError `CommandFailed`. */
  completed(values: EndValues): Promise<void>;
  /** Why it did not end well stays what counts: that the command failed, too, is a warning. */
  failed(values: EndValues, thrown: unknown): Promise<void>;
}

/** Why this command left it before its end. */
const NO_ENDS: ReadonlySet<string> = new Set(['Interrupted', 'ApiUnreachable']);

export function endCommands(
  context: Pick<Context, 'environment' | 'signal' | 'stderr'>,
  { onComplete, onError }: Pick<Settings, 'onComplete' | 'onError'>,
): EndCommands {
  return {
    async completed(values) {
      const failure = onComplete === undefined ? undefined : await runCommand(onComplete, values, context);
      if (failure === undefined) return;
      throw new PieceworkError('CommandFailed', `all is there, and the command of --on-complete failed: ${failure}`);
    },
    async failed(values, thrown) {
      const { code, message } = asPieceworkError(thrown);
      // What was interrupted has not ended: the same command goes on with it, or the server that has it.
      if (onError === undefined || context.signal.aborted || NO_ENDS.has(code)) return;
      const known = { STATUS: code === 'Cancelled' ? 'cancelled' : 'failed', CODE: code, MESSAGE: message };
      const failure = await runCommand(onError, { ...known, ...values, ...lackingIn(values, known) }, context);
      if (failure !== undefined)
        writeLine(context.stderr, `warning: the command of --on-error failed as well: ${failure}`);
    },
  };
}

/** What is stated as unknown does not hide what is known. */
function lackingIn(values: EndValues, known: EndValues): EndValues {
  return Object.fromEntries(Object.entries(known).filter(([name]) => values[name] === undefined));
}
