import { describeDestination } from '../../lib/local/destinations/kinds.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import { printable, printableEscapes } from '../../lib/values/text/printable.ts';
import type { Output } from '../context.ts';

/**
 * One line of plain text. What stands in it may come from a source, a store or a deployment. All plain output goes
 * through here (a test looks for what does not); what draws on a terminal cleans its own.
 */
export function writeLine(output: Output, text: string): void {
  output.write(`${printable(text)}\n`);
}

/** Where an object is. What can't be printed is written as `\u202e`, so that two names never look the same. */
export function placeText(to: DestinationLocator): string {
  return printableEscapes(describeDestination(to));
}
