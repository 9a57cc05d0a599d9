import type { Deployment } from '../../lib/aws/ops/deployment/deployment.ts';
import type { Work } from '../../lib/aws/ops/drain/drain.ts';
import { drainDeployment } from '../../lib/aws/ops/drain/drain-deployment.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { count } from '../output/text.ts';
import type { VerbCall } from '../verb.ts';
import { timeoutOf } from './timeout.ts';

const TIMEOUT_MS = 3_600_000;

/** A line each time that something has changed, and one at the end. */
export async function drainVerb(call: VerbCall, deployment: Deployment): Promise<void> {
  const { context, settings } = call;
  const onWork = (work: Work): void => {
    if (settings.json === true) writeJson(context.stdout, { type: 'work', ...work });
    else if (settings.quiet !== true) writeLine(context.stderr, workLine(work));
  };
  const options = { timeoutMs: timeoutOf(call) ?? TIMEOUT_MS, onWork };
  const work = await drainDeployment(deployment, options, context.signal);
  if (settings.json === true) writeJson(context.stdout, { type: 'result', deployment: deployment.name, ...work });
  else writeLine(context.stdout, endLine(work));
}

function workLine(work: Work): string {
  const { waiting, inHand, isPaused } = work;
  const messages = `${count(waiting, 'message')} ${waiting === 1 ? 'waits' : 'wait'}, ${inHand} in hand`;
  return `${isPaused ? 'paused; ' : ''}not over: ${openText(work)}; ${messages}`;
}

function endLine(work: Work): string {
  if (!work.isPaused) {
    const { notificationsLater = 0 } = work;
    const later =
      notificationsLater === 0
        ? ''
        : `; ${count(notificationsLater, 'notification')} of ends will be tried again later`;
    return `nothing is in flight: every transfer and every batch is over${later}`;
  }
  return `paused, and no function has anything in hand; ${openText(work)} go on at piecework ops resume`;
}

function openText({ transfers, batches, notifications = 0 }: Work): string {
  const open = `${count(transfers, 'transfer')}, ${count(batches, 'batch', 'batches')}`;
  return notifications === 0 ? open : `${open}, ${count(notifications, 'notification')}`;
}
