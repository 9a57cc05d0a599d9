import type { Command } from 'commander';
import { flagOf } from '../options/option.ts';
import { allOptions } from '../options/table.ts';

/** What a shell needs to know of the command line. */
export interface Completion {
  readonly program: string;
  readonly verbs: readonly CompletedVerb[];
}

export interface CompletedVerb {
  /** The name, then its alias. */
  readonly names: readonly string[];
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** What stands in the place of its first argument, where that can be said. */
  readonly argument: 'file' | 'transfer' | 'none' | readonly string[];
}

export interface CompletedOption {
  readonly long: string;
  readonly short?: string;
  readonly help: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** Read from commander's program, so that nothing is forgotten when an option comes. */
export function completionOf(program: Command): Completion {
  return { program: program.name(), verbs: program.commands.map(verbOf) };
}

function verbOf(command: Command): CompletedVerb {
  const [first] = command.registeredArguments;
  const choices = first?.argChoices;
  const argument = choices ?? (first === undefined ? 'none' : first.name() === 'ID' ? 'transfer' : 'file');
  const options = command.options.filter(({ hidden, long }) => !hidden && long !== null && long !== undefined);
  return {
    names: [command.name(), ...command.aliases()],
    summary: command.summary(),
    argument,
    options: [
      ...options.map(({ long, short, description, required }) => ({
        long: long ?? '',
        ...(short === undefined || short === null ? {} : { short }),
        help: description,
        takesValue: required,
        choices: CHOICES.get(long ?? '') ?? [],
      })),
      { long: '--help', short: '-h', help: 'print help', takesValue: false, choices: [] },
    ],
  };
}

const CHOICES: ReadonlyMap<string, readonly string[]> = new Map(
  allOptions().map(([key, { kind }]) => [flagOf(key), kind.choices ?? []] as const),
);
