import type { Transfer } from '../../../lib/api/schemas/transfer.ts';
import { fromErrorRecord, PieceworkError } from '../../../lib/errors/error.ts';
import { stated } from '../../../lib/values/stated.ts';
import { printable } from '../../../lib/values/text/printable.ts';
import { writeLine } from '../../output/lines.ts';
import { isTerminal } from '../../output/paint.ts';
import { writeJson } from '../../output/reporters/json-reporter.ts';
import { LiveArea } from '../../output/reporters/live-area.ts';
import type { VerbCall } from '../../verb.ts';

/** What is new is seen after this at the latest. */
const LOOK_SECONDS = 2;

/** What a deployment works on, as it is looked at again and again. */
export interface Watched<T> {
  readonly kind: 'transfer' | 'batch';
  readonly id: string;
  look(options: { readonly waitSeconds: number; readonly signal: AbortSignal }): Promise<T>;
  /** For a program. */
  json(seen: T): object;
  /** For people. */
  line(seen: T): string;
  /** Off a terminal there is a line only where this has changed. @default `line` */
  step?(seen: T): string;
}

/**
 * Follows it until it has ended.
 * @throws PieceworkError `Interrupted` when the caller stops watching: it goes on.
 */
export async function whileWatched<T extends { readonly status: string }>(
  call: VerbCall,
  watched: Watched<T>,
): Promise<T> {
  using reporter = watchReporter(call, watched);
  for (let waitSeconds = 0; ; waitSeconds = LOOK_SECONDS) {
    const seen = await look(call, watched, waitSeconds);
    reporter.show(seen);
    if (hasEnded(seen)) return seen;
  }
}

export function hasEnded({ status }: { readonly status: string }): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Why it ended early, as the error that it was. */
export function errorOf({ code, message, details }: NonNullable<Transfer['reason']>): PieceworkError {
  return fromErrorRecord({ code, message, ...stated({ details }) });
}

async function look<T>({ context }: VerbCall, watched: Watched<T>, waitSeconds: number): Promise<T> {
  try {
    return await watched.look({ waitSeconds, signal: context.signal });
  } catch (error) {
    if (!(error instanceof PieceworkError) || error.code !== 'Interrupted') throw error;
    const { kind, id } = watched;
    const sentence = `interrupted; the ${kind} goes on without you: piecework status ${id} --watch`;
    throw new PieceworkError('Interrupted', sentence, { cause: error });
  }
}

interface WatchReporter<T> extends Disposable {
  show(seen: T): void;
}

/** JSON lines; a line that is drawn over; or, off a terminal, a line where something has changed. */
function watchReporter<T>({ context, settings }: VerbCall, watched: Watched<T>): WatchReporter<T> {
  const { stdout, stderr, environment } = context;
  const lineOf = (seen: T) => printable(watched.line(seen));
  if (settings.json === true)
    return { show: (seen) => writeJson(stdout, watched.json(seen)), [Symbol.dispose]: () => undefined };
  if (settings.quiet === true) return { show: () => undefined, [Symbol.dispose]: () => undefined };
  if (isTerminal(stderr, environment)) {
    const area = new LiveArea(stderr);
    return {
      show: (seen) => area.draw([lineOf(seen).slice(0, Math.max(10, (stderr.columns ?? 80) - 3))]),
      [Symbol.dispose]: () => area.clear(),
    };
  }
  let last = '';
  return {
    show(seen) {
      const step = watched.step?.(seen) ?? lineOf(seen);
      if (step !== last) writeLine(stderr, lineOf(seen));
      last = step;
    },
    [Symbol.dispose]: () => undefined,
  };
}
