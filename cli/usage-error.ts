import type { Command, CommanderError } from 'commander';
import { PieceworkError } from '../lib/errors/error.ts';
import { didYouMean } from './options/near.ts';

/** Habits of other tools, and what they are here. */
const FOREIGN: Readonly<Record<string, string>> = {
  '-o': 'the destination is the second argument: piecework copy URL FILE',
  '--output': 'the destination is the second argument: piecework copy URL FILE',
  '-O': "without a DEST the file goes to the current folder under the source's name",
  '-L': 'redirects are followed anyway, see --max-redirects',
  '--location': 'redirects are followed anyway, see --max-redirects',
  '-C': 'it goes on by itself when the same command is run again',
  '--continue': 'it goes on by itself when the same command is run again',
  '-k': 'TLS is always checked; --ca-file names an authority to trust',
  '--insecure': 'TLS is always checked; --ca-file names an authority to trust',
  '-s': 'the word is --quiet (-q)',
  '--silent': 'the word is --quiet (-q)',
  '-x': 'the word is --parallel; a proxy is set by HTTPS_PROXY',
  '-j': 'the word is --parallel',
  '--force': 'the word is --if-exists replace, which is the default; --restart begins anew',
  '--bwlimit': 'the word is --limit-rate',
  '--transfers': 'the word is --parallel',
  '--retry': 'the word is --max-attempts',
  '--retries': 'the word is --max-attempts',
  '--continue-at': 'it goes on by itself when the same command is run again',
};

/** commander's complaint in one sentence of ours: it never repeats a value, which may be a secret. */
export function usageError(error: CommanderError, program: Command, args: readonly string[]): PieceworkError {
  const command = program.commands.find((one) => [one.name(), ...one.aliases()].includes(args[0] ?? ''));
  const help = `see piecework ${command === undefined ? '' : `${command.name()} `}--help`;
  const fail = (message: string) => new PieceworkError('InvalidOption', message);
  switch (error.code) {
    case 'commander.unknownOption':
      return fail(unknownOption(flagIn(error.message), command ?? program, help));
    case 'commander.unknownCommand':
      return fail(unknownVerb(args[0] ?? '', program, help));
    case 'commander.optionMissingArgument':
      return fail(`${flagIn(error.message)} needs a value; ${help}`);
    case 'commander.missingArgument':
      return fail(`${command?.name()} needs ${missingOf(error.message).toUpperCase()}; ${help}`);
    case 'commander.excessArguments':
      return fail(`${command?.name() ?? 'piecework'} takes ${acceptedBy(command)}, and more were given; ${help}`);
    case 'commander.invalidArgument':
      return fail(`${command?.name()} takes one of ${choicesOf(command)}; ${help}`);
    default:
      return fail(`the command line makes no sense; ${help}`);
  }
}

function unknownOption(flag: string, command: Command, help: string): string {
  const foreign = FOREIGN[flag];
  if (foreign !== undefined) return `unknown option ${flag}: ${foreign}`;
  const known = command.options
    .filter(({ hidden }) => !hidden)
    .flatMap(({ long }) => (long === null || long === undefined ? [] : [long]));
  return `unknown option ${flag}${flag.startsWith('--') ? didYouMean(flag, known) : ''}; ${help}`.replace('?;', '?');
}

function unknownVerb(given: string, program: Command, help: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(given)) return 'a URL is no verb; to bring it here: piecework copy URL';
  const names = program.commands.flatMap((one) => [one.name(), ...one.aliases()]);
  const shown = /^[\w-]{1,30}$/.test(given) ? ` "${given}"` : '';
  return `unknown verb${shown}${didYouMean(given, names)}; ${help}`.replace('?;', '?');
}

/** commander names the flag in quotes, with its value where that was written with `=`. */
function flagIn(message: string): string {
  const quoted = /'([^']*)'?/.exec(message)?.[1] ?? '';
  return /^--?[\w-]+/.exec(quoted.split(', ').at(-1) ?? '')?.[0] ?? 'an option';
}

function missingOf(message: string): string {
  return /'([^']*)'/.exec(message)?.[1] ?? 'an argument';
}

function acceptedBy(command: Command | undefined): string {
  const count = command?.registeredArguments.length ?? 0;
  return count === 0 ? 'no arguments' : count === 1 ? 'one argument' : `at most ${count} arguments`;
}

function choicesOf(command: Command | undefined): string {
  return command?.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []).join(', ') ?? '';
}
