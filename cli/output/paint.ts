import type { Output } from '../context.ts';

export type Colour = 'red' | 'yellow' | 'green' | 'cyan' | 'dim' | 'bold';

/** Text in a colour, or as it is. */
export type Paint = (colour: Colour, text: string) => string;

const CODES: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  cyan: [36, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export const noPaint: Paint = (_colour, text) => text;

const ansiPaint: Paint = (colour, text) => {
  const [on, off] = CODES[colour];
  return text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;
};

/** Colours for a terminal that can show them, unless NO_COLOR (https://no-color.org) is set. */
export function paintFor(output: Output, environment: NodeJS.ProcessEnv): Paint {
  return isTerminal(output, environment) && !environment['NO_COLOR'] ? ansiPaint : noPaint;
}

/** Whether lines can be drawn over again there. */
export function isTerminal(output: Output, environment: NodeJS.ProcessEnv): boolean {
  return output.isTTY === true && environment['TERM'] !== 'dumb';
}

/** Blocks need a terminal that reads UTF-8; where the locale says nothing, today's do. */
export function readsUnicode(environment: NodeJS.ProcessEnv): boolean {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  return environment['TERM'] !== 'linux' && (locale === '' || /utf-?8/i.test(locale));
}
