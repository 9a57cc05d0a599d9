import type { Deployment } from '../../lib/aws/ops/deployment/deployment.ts';
import { awsSwitches } from '../../lib/aws/ops/pause/aws-switches.ts';
import { pauseDeployment, resumeDeployment } from '../../lib/aws/ops/pause/pause.ts';
import type { EventSource } from '../../lib/aws/ops/pause/switches.ts';
import { stated } from '../../lib/values/stated.ts';
import { writeLine } from '../output/lines.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import type { VerbCall } from '../verb.ts';
import { timeoutOf } from './timeout.ts';

export async function pause(call: VerbCall, deployment: Deployment): Promise<void> {
  const { context, extras } = call;
  using switches = awsSwitches(deployment);
  const because = typeof extras['because'] === 'string' ? extras['because'] : undefined;
  await pauseDeployment(switches, because, optionsOf(call), context.signal);
  const text =
    'nothing is worked on any more; submits are taken and wait. What functions have in hand comes to its end';
  say(call, deployment, true, `${deployment.name} is paused: ${text} (piecework ops drain waits for that)`);
}

export async function resume(call: VerbCall, deployment: Deployment): Promise<void> {
  using switches = awsSwitches(deployment);
  await resumeDeployment(switches, optionsOf(call), call.context.signal);
  say(call, deployment, false, `${deployment.name} goes on`);
}

function optionsOf(call: VerbCall) {
  const { context, settings } = call;
  let said = '';
  const onWaiting = (waiting: readonly EventSource[]): void => {
    const text = `waiting for AWS: ${waiting.map(({ queue, state }) => `${queue} is ${state}`).join(', ')}`;
    if (text !== said && settings.quiet !== true) writeLine(context.stderr, text);
    said = text;
  };
  return { onWaiting, ...stated({ timeoutMs: timeoutOf(call) }) };
}

function say({ context, settings }: VerbCall, { name }: Deployment, paused: boolean, text: string): void {
  if (settings.json === true) writeJson(context.stdout, { type: 'result', deployment: name, paused });
  else writeLine(context.stdout, text);
}
