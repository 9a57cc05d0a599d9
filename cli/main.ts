import { PieceworkError } from '../lib/errors/error.ts';
import type { Context } from './context.ts';
import { run } from './run.ts';
import { INTERRUPTED_EXIT, stopOnSignals } from './signals.ts';

// Started by bin/piecework.js. Here the command line meets the process: streams, signals, exit code.

/** What still holds the process after its work is a defect; it is not to hold the process that waits for it as well. */
const LINGER_MS = 3_000;
/** Until there is another one. */
const DEFECT_EXIT = 1;

const stopping = new AbortController();
stopOnSignals(process, stopping, { now: () => performance.now(), leave: leaveAtOnce });
stopOnClosedPipe();

const context: Context = {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: stopping.signal,
  // Loaded only when needed: help and completion are to come at once.
  openLocal: async (options) => (await import('../lib/local/open.ts')).openLocal(options),
  now: () => Date.now(),
  every(ms, tick) {
    const timer = setInterval(tick, ms);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
};

process.exitCode = DEFECT_EXIT;
process.once('beforeExit', sayItNeverEnded);
void run(process.argv.slice(2), context).then((exitCode) => {
  process.off('beforeExit', sayItNeverEnded);
  process.exitCode = exitCode;
  setTimeout(() => process.exit(), LINGER_MS).unref();
});

/** Node ends when there is nothing left to wait for, whatever a promise still waits for. */
function sayItNeverEnded(): void {
  process.stderr.write('piecework: ended without a result (a defect in Piecework; please report it)\n');
}

/**
 * `piecework … | head`: the reader has enough, so there is nothing more to do, and that is no error.
 */
function stopOnClosedPipe(): void {
  process.stdout.on('error', () =>
    stopping.abort(new PieceworkError('DestinationClosed', 'no program reads stdout any more')),
  );
  // Progress that can not be shown is no reason to stop.
  process.stderr.on('error', () => undefined);
}

function leaveAtOnce(): void {
  // The shell's prompt is not to stand behind the progress line.
  if (process.stderr.isTTY) process.stderr.write('\n');
  process.exit(INTERRUPTED_EXIT);
}
