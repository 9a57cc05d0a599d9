import type { Command } from 'commander';
import type { Context } from './context.ts';
import type { SettingVerb } from './options/option.ts';
import type { Settings } from './options/table.ts';

/** One verb of the command line, as data and a function; `program.ts` makes commander's command of it. */
export interface Verb {
  readonly name: string;
  readonly alias?: string;
  /** One line in the list of verbs. */
  readonly summary: string;
  /** More, in its own help. */
  readonly description?: string;
  readonly arguments: readonly VerbArgument[];
  /** What stands behind the options. @default its arguments */
  readonly usage?: string;
  /** The settings that it takes, if any. */
  readonly settings?: SettingVerb;
  /** What belongs to one call and is no setting. */
  readonly extras?: readonly Extra[];
  readonly examples: readonly Example[];
  run(call: VerbCall): Promise<void>;
}

interface VerbArgument {
  /** `<SOURCE>`, or `[DEST]` when it may be left away; the last one may be `[DEST...]`. */
  readonly term: string;
  readonly help: string;
  readonly choices?: readonly string[];
}

interface Extra {
  readonly name: string;
  /** Absent: a switch. */
  readonly placeholder?: string;
  readonly help: string;
}

export interface Example {
  readonly command: string;
  readonly what: string;
}

export interface VerbCall {
  readonly context: Context;
  readonly arguments: readonly string[];
  /** As it was given, without the name of the program. */
  readonly commandLine: readonly string[];
  readonly settings: Settings;
  readonly extras: Readonly<Record<string, string | boolean | undefined>>;
  /** The whole command line, for shell completion. */
  program(): Command;
  /** Said after the error, if it comes to one. */
  hint(text: string): void;
}
