import type { Context } from '../../context.ts';
import type { Settings } from '../../options/table.ts';
import { isTerminal } from '../paint.ts';
import { jsonReporter } from './json-reporter.ts';
import { plainReporter } from './plain-reporter.ts';
import type { Reporter } from './reporter.ts';
import { terminalReporter } from './terminal-reporter.ts';

export function chooseReporter(context: Context, settings: Settings): Reporter {
  if (settings.json === true) return jsonReporter(context, settings);
  if (settings.quiet === true) return { event: () => {}, [Symbol.dispose]: () => {} };
  const isVerbose = settings.verbose === true;
  return isTerminal(context.stderr, context.environment)
    ? terminalReporter(context, isVerbose)
    : plainReporter(context, isVerbose);
}
