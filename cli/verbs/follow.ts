import { PieceworkError } from '../../lib/errors/error.ts';
import type { CopyReport, Local, LocalOptions } from '../../lib/index.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import { endCommands } from '../end-commands/end-commands.ts';
import type { EndValues } from '../end-commands/variables.ts';
import { copiedValues } from '../end-commands/variables.ts';
import { isSoonOver, keepHeapSmall } from '../heap.ts';
import { localOptions } from '../options/request.ts';
import { placeText, writeLine } from '../output/lines.ts';
import { chooseReporter } from '../output/reporters/choose-reporter.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { resultJson, summaryLines } from '../output/result.ts';
import type { VerbCall } from '../verb.ts';

export interface FollowOptions {
  readonly toStdout: boolean;
  /** The server of the state folder runs it: interrupted, the transfer goes on. @default false */
  readonly isThere?: boolean;
  /** What a command at the end gets of what was asked. @default nothing */
  readonly asked?: EndValues;
}

/** Runs a transfer with its events shown, and says how it ended. `copy` and `retry` are this. */
export async function follow(
  call: VerbCall,
  options: FollowOptions,
  run: (local: Local, onEvent: (event: PieceworkEvent) => void) => Promise<CopyReport>,
): Promise<void> {
  const { context, settings } = call;
  const commands = endCommands(context, settings);
  let begun: EndValues = options.asked ?? {};
  const note = (event: PieceworkEvent): void => {
    if ('transferId' in event) begun = { ...begun, ID: event.transferId };
    if (event.type === 'accepted') begun = { ...begun, DESTINATION: event.destination };
  };
  let report: CopyReport;
  try {
    report = await watched(call, options, note, run);
  } catch (error) {
    await commands.failed(begun, error);
    throw error;
  }
  sayResult(call, options, report);
  await commands.completed({ ...begun, ...copiedValues(report) });
}

function sayResult({ context, settings }: VerbCall, { toStdout }: FollowOptions, report: CopyReport): void {
  if (settings.json === true) {
    writeJson(context.stdout, resultJson(report));
    return;
  }
  if (settings.quiet !== true) for (const line of summaryLines(report)) writeLine(context.stderr, line);
  // Alone on its line, so that a script can take it: the name may have come from the source.
  if (!toStdout) writeLine(context.stdout, placeText(report.destination));
}

async function watched(
  call: VerbCall,
  { toStdout, isThere = false }: FollowOptions,
  note: (event: PieceworkEvent) => void,
  run: (local: Local, onEvent: (event: PieceworkEvent) => void) => Promise<CopyReport>,
): Promise<CopyReport> {
  const { context, settings } = call;
  using reporter = chooseReporter(context, settings);
  const onEvent = (event: PieceworkEvent): void => {
    if (event.type === 'failed' && event.heldUntil !== undefined)
      call.hint(heldHint(event.transferId, event.heldUntil));
    if (event.type === 'planned' && !isSoonOver(event.snapshot.sizeBytes)) keepHeapSmall();
    note(event);
    reporter.event(event);
  };
  const localWith: LocalOptions = { ...localOptions(settings), onEvent };
  try {
    await using local = await context.openLocal(localWith);
    return await run(local, onEvent);
  } catch (error) {
    const isOurs = !isThere && error instanceof PieceworkError && error.code === 'Interrupted';
    throw isOurs ? interrupted(toStdout, error) : error;
  }
}

/** The same sentence however far the transfer was. */
function interrupted(toStdout: boolean, cause: unknown): PieceworkError {
  const what = toStdout ? 'what went to stdout is incomplete' : 'run the same command again to go on';
  return new PieceworkError('Interrupted', `interrupted; ${what}`, { cause });
}

function heldHint(transferId: string, heldUntil: string): string {
  const until = heldUntil.replace(/\.\d+Z$/, 'Z');
  return `the pieces that are there are kept until ${until}: run the same command again, or piecework retry ${transferId}`;
}
