import type { Deployment } from '../../lib/aws/ops/deployment/deployment.ts';
import type { ReplayedLetter } from '../../lib/aws/ops/replay/replay.ts';
import { replayDeployment } from '../../lib/aws/ops/replay/replay-deployment.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { count } from '../output/text.ts';
import type { VerbCall } from '../verb.ts';

/** One line for each letter, and a count at the end. */
export async function replayVerb({ context, settings, extras }: VerbCall, deployment: Deployment): Promise<void> {
  const dryRun = extras['dry-run'] === true;
  const letters: ReplayedLetter[] = [];
  const onLetter = (letter: ReplayedLetter): void => {
    if (settings.json === true) letters.push(letter);
    else writeLine(context.stdout, letterLine(letter));
  };
  const { sent, kept } = await replayDeployment(deployment, { dryRun, onLetter }, context.signal);
  if (settings.json === true) {
    writeJson(context.stdout, { type: 'result', deployment: deployment.name, dryRun, sent, kept, letters });
    return;
  }
  writeLine(context.stdout, `${count(sent, 'message')} ${dryRun ? 'would be sent' : 'sent'} back, ${stay(kept)}`);
}

function letterLine({ from, messageId, route }: ReplayedLetter): string {
  if ('because' in route) return `${from}: message ${messageId} stays: ${route.because}`;
  return `${from}: ${route.kind} of ${route.id} back to ${route.to}`;
}

function stay(kept: number): string {
  return kept === 1 ? '1 stays' : `${kept} stay`;
}
