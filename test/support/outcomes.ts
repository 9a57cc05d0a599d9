import type { Outcome } from '../../lib/transfer/batch/outcome.ts';

/** Of a report in JSON lines; of one that is not there, none. */
export function outcomesIn(text: string): readonly Outcome[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Outcome]));
}
