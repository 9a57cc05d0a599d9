import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { exitCodeOf } from '../lib/errors/codes.ts';
import { asPieceworkError, PieceworkError } from '../lib/errors/error.ts';
import { framesOf } from '../lib/errors/foreign.ts';
import { cleaned } from '../lib/errors/redact.ts';
import { printable } from '../lib/values/text/printable.ts';
import type { Context } from './context.ts';
import { variableOf } from './options/option.ts';
import { resolveSettings } from './options/settings.ts';
import { writeLine } from './output/lines.ts';
import { paintFor } from './output/paint.ts';
import { ReportedError } from './output/reported-error.ts';
import { writeJson } from './output/reporters/json-reporter.ts';
import { inSources } from './output/source-frames.ts';
import type { Invocation } from './program.ts';
import { buildProgram } from './program.ts';
import { usageError } from './usage-error.ts';
import { VERBS } from './verbs.ts';

/** What a shell reports for a program that ended because its output was closed (128 + SIGPIPE). */
const CLOSED_PIPE_EXIT = 141;
const MOST_CAUSES = 8;

/** Runs one command line. Resolves with the exit code, whatever happens. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  const hints: string[] = [];
  let isJson = wantsJson(args, context.environment);
  let isVerbose = args.includes('--verbose') || args.includes('-v');
  try {
    const invocation = parse(args, context);
    if (invocation === undefined) return 0;
    const { verb, flags, arguments: operands, extras } = invocation;
    const settings =
      verb.settings === undefined ? {} : await resolveSettings(verb.settings, flags, context.environment);
    isJson = settings.json === true;
    isVerbose = settings.verbose === true;
    const hint = (text: string): void => void hints.push(text);
    const program = (): Command => buildProgram(VERBS, context, () => undefined);
    await verb.run({ context, program, arguments: operands, commandLine: args, settings, extras, hint });
    return 0;
  } catch (thrown) {
    const error = asPieceworkError(thrown);
    if (isClosedPipe(error) || isClosedPipe(context.signal.reason)) return CLOSED_PIPE_EXIT;
    writeError(error, context, { isJson, isVerbose, hints });
    return exitCodeOf(error.code);
  }
}

/** `undefined` when there was nothing to run: help or version was asked for, and printed. */
function parse(args: readonly string[], context: Context): Invocation | undefined {
  let invocation: Invocation | undefined;
  const found = (asked: Invocation): void => {
    invocation = asked;
  };
  const program = buildProgram(VERBS, context, found, args);
  if (args.length === 0) {
    program.outputHelp();
    return undefined;
  }
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw usageError(error, program, args);
  }
  return invocation;
}

function isClosedPipe(reason: unknown): boolean {
  return reason instanceof PieceworkError && reason.code === 'DestinationClosed';
}

/** For errors of the command line itself, before its options are known. */
function wantsJson(args: readonly string[], environment: NodeJS.ProcessEnv): boolean {
  return args.includes('--json') || ['1', 'true', 'yes', 'on'].includes(environment[variableOf('json')] ?? '');
}

interface ErrorOutput {
  readonly isJson: boolean;
  readonly isVerbose: boolean;
  readonly hints: readonly string[];
}

function writeError(error: PieceworkError, context: Context, { isJson, isVerbose, hints }: ErrorOutput): void {
  const { code, message, details } = error;
  const paint = paintFor(context.stderr, context.environment);
  if (isJson && !(error instanceof ReportedError))
    writeJson(context.stdout, { type: 'error', code, message, exitCode: exitCodeOf(code), details });
  context.stderr.write(`${paint('red', 'piecework:')} ${printable(message)}\n`);
  for (const hint of hints) writeLine(context.stderr, hint);
  if (isVerbose && code !== 'Interrupted') for (const line of stackOf(error)) writeLine(context.stderr, line);
}

/** Without its own sentence, which stands above, and with all its causes. */
function stackOf(error: Error): readonly string[] {
  const lines = [...inSources(framesOf(error))];
  let causes = 0;
  for (let next = error.cause; next instanceof Error && causes < MOST_CAUSES; next = next.cause, causes += 1) {
    const { code } = next as { code?: unknown };
    const named = code === undefined ? next.name : `${next.name} (${String(code)})`;
    lines.push(`caused by: ${cleaned(`${named}: ${next.message}`)}`, ...inSources(framesOf(next)));
  }
  return lines;
}
