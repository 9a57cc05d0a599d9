import { Argument, Command, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { Context } from './context.ts';
import type { OptionSpec } from './options/option.ts';
import { flagOf, GROUPS, negationOf } from './options/option.ts';
import type { Flags } from './options/settings.ts';
import type { SettingKey } from './options/table.ts';
import { optionsOf } from './options/table.ts';
import { paintFor } from './output/paint.ts';
import type { Example, Verb } from './verb.ts';

/** What the command line asked for. */
export interface Invocation {
  readonly verb: Verb;
  readonly arguments: readonly string[];
  readonly flags: Flags;
  readonly extras: Readonly<Record<string, string | boolean | undefined>>;
}

/** Wider help is hard to read. */
const WIDEST_HELP = 110;

type Surroundings = Pick<Context, 'stdout' | 'stderr' | 'environment'>;

/**
 * The verbs as commander's program. It only parses; `invoke` is called with what it found.
 * @param args if it begins with a verb, that is the only one; else those that stand in it get their options. All
 * options of all verbs are a third of the time of a start. @default all verbs with all
 */
export function buildProgram(
  verbs: readonly Verb[],
  context: Surroundings,
  invoke: (invocation: Invocation) => void,
  args?: readonly string[],
): Command {
  const asked = verbs.find((verb) => isNamed(verb, args?.slice(0, 1)));
  const paint = paintFor(context.stdout, context.environment);
  const program = new Command('piecework')
    .commandsGroup('Verbs:')
    .description('Moves any URL into a file or object storage, piece by piece: whole, verified, or not at all.')
    .usage('VERB [options]')
    .version(
      versionText(args?.includes('--verbose') === true),
      '-V, --version',
      'print the version; more with --verbose',
    )
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [verb]', 'print help for a verb')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      // Errors are written in `run.ts`, in our own words.
      writeErr: () => undefined,
      getOutHelpWidth: () => helpWidth(context),
      getOutHasColors: () => paint('bold', '.') !== '.',
    })
    .configureHelp({ styleTitle: (title) => paint('bold', title), subcommandTerm: verbTerm })
    .addHelpText('after', () =>
      after(FIRST_STEPS, helpWidth(context), 'piecework help VERB says more; docs/cli.md has every default.'),
    );
  for (const verb of asked === undefined ? verbs : [asked]) {
    const command = buildVerb(verb, program, context, invoke);
    if (args === undefined || isNamed(verb, args)) addOptions(command, verb);
    program.addCommand(command);
  }
  return program;
}

function isNamed({ name, alias }: Verb, args: readonly string[] = []): boolean {
  return args.includes(name) || (alias !== undefined && args.includes(alias));
}

function versionText(isVerbose: boolean): string {
  const version = `piecework ${manifest.version}`;
  if (!isVerbose) return version;
  const running = import.meta.url.endsWith('.ts') ? 'the sources' : 'the bundle';
  return `${version}\nruns ${running}, on Node ${process.versions.node} (${process.platform}, ${process.arch})`;
}

const FIRST_STEPS: readonly Example[] = [
  { command: 'piecework demo', what: 'see it work, without internet' },
  { command: 'piecework copy https://host/disk.iso', what: 'into the current folder' },
  { command: 'piecework copy https://host/disk.iso s3://bucket/images/', what: 'into a bucket' },
];

function buildVerb(
  verb: Verb,
  program: Command,
  context: Pick<Context, 'stdout'>,
  invoke: (invocation: Invocation) => void,
): Command {
  const command = new Command(verb.name).copyInheritedSettings(program);
  command.summary(verb.summary).description(verb.description ?? sentence(verb.summary));
  const operandsUsage = verb.usage ?? verb.arguments.map(({ term }) => term.replace(/[<>]/g, '')).join(' ');
  command.usage(['[options]', operandsUsage].join(' ').trim());
  if (verb.alias !== undefined) command.alias(verb.alias);
  for (const { term, help, choices } of verb.arguments) {
    const argument = new Argument(term, help);
    command.addArgument(choices === undefined ? argument : argument.choices([...choices]));
  }
  command.addHelpText('after', () => after(verb.examples, helpWidth(context)));
  return command.action((...all: unknown[]) => {
    const given = all.slice(0, verb.arguments.length).flat();
    const operands = given.filter((one): one is string => typeof one === 'string');
    const extras = Object.fromEntries(
      (verb.extras ?? []).map(({ name }) => [name, command.getOptionValue(extraOption(name).attributeName())]),
    );
    invoke({ verb, arguments: operands, flags: flagsOf(command, verb), extras });
  });
}

function addOptions(command: Command, verb: Verb): void {
  for (const { name, placeholder, help } of verb.extras ?? []) {
    command.addOption(extraOption(name, placeholder, help));
  }
  const specs = specsOf(verb);
  for (const group of GROUPS) {
    for (const [key, spec] of specs.filter(([, { group: of }]) => of === group)) addSetting(command, key, spec);
  }
  if (specs.length > 0) command.addHelpOption(new Option('-h, --help', 'print help').helpGroup(`${GROUPS.at(-1)}:`));
}

function specsOf({ settings }: Verb): readonly (readonly [SettingKey, OptionSpec<unknown>])[] {
  return settings === undefined ? [] : optionsOf(settings);
}

function extraOption(name: string, placeholder?: string, help?: string): Option {
  return new Option(placeholder === undefined ? `--${name}` : `--${name} <${placeholder}>`, help);
}

/** Values stay text here: flags, variables and config keys are read by the same code, see `options/settings.ts`. */
function addSetting(command: Command, key: SettingKey, spec: OptionSpec<unknown>): void {
  const { kind, short, help, group, fallback } = spec;
  const flags = [...(short === undefined ? [] : [short]), flagOf(key)].join(', ');
  const shown = withDefault(help, fallback);
  if (kind.placeholder !== undefined) {
    const option = new Option(`${flags} <${kind.placeholder}>`, shown);
    if (kind.isRepeatable === true) option.argParser((text, before: string[] | undefined) => [...(before ?? []), text]);
    command.addOption(option.helpGroup(`${group}:`));
    return;
  }
  // The positive form goes first: commander would else take it for a switch that is on by default.
  const [plain, negation] = [new Option(flags, shown).helpGroup(`${group}:`), new Option(negationOf(key)).hideHelp()];
  for (const option of plain.negate ? [negation, plain] : [plain, negation]) command.addOption(option);
}

function flagsOf(command: Command, verb: Verb): Flags {
  const flags: Partial<Record<SettingKey, readonly string[]>> = {};
  for (const [key, { kind }] of specsOf(verb)) {
    const option = new Option(flagOf(key));
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') continue;
    const value: unknown = command.getOptionValue(name);
    if (kind.placeholder === undefined) flags[key] = [String(option.negate ? value !== true : value === true)];
    else flags[key] = Array.isArray(value) ? value.map(String) : [String(value)];
  }
  return flags;
}

function verbTerm(command: Command): string {
  const operands = command.registeredArguments.map((argument) =>
    argument.required ? argument.name() : `[${argument.name()}]`,
  );
  const names = [command.name(), ...command.aliases()].join('|');
  return [names, ...operands].join(' ');
}

function withDefault(help: string, fallback: string | undefined): string {
  if (fallback === undefined || fallback === 'off') return help;
  const text = `default: ${fallback.replaceAll('`', '')}`;
  return help.endsWith(')') ? `${help.slice(0, -1)}; ${text})` : `${help} (${text})`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function helpWidth({ stdout }: Pick<Context, 'stdout'>): number {
  return Math.min(stdout.columns ?? 80, WIDEST_HELP);
}

/** What it does stands behind each command, or above it where that would be too wide. */
function after(examples: readonly Example[], columns: number, last?: string): string {
  const width = Math.max(...examples.map(({ command }) => command.length));
  const fits = examples.every(({ what }) => width + what.length + 6 <= columns);
  const lines = examples.map(({ command, what }) =>
    fits ? `  ${command.padEnd(width)}  # ${what}` : `  # ${what}\n  ${command}`,
  );
  return ['', 'Examples:', ...lines, ...(last === undefined ? [] : ['', last])].join('\n');
}
