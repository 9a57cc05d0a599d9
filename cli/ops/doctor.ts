import type { Deployment } from '../../lib/aws/ops/deployment/deployment.ts';
import { examine } from '../../lib/aws/ops/doctor/examine.ts';
import type { Finding, FindingState } from '../../lib/aws/ops/doctor/finding.ts';
import { STATES } from '../../lib/aws/ops/doctor/finding.ts';
import { lookAt } from '../../lib/aws/ops/doctor/reading/look.ts';
import { writeLine } from '../output/lines.ts';
import { ReportedError } from '../output/reported-error.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import type { VerbCall } from '../verb.ts';

/** What people read for each state. */
const WORDS: Readonly<Record<FindingState, string>> = {
  ok: 'ok',
  look: 'look',
  broken: 'BROKEN',
  unseen: 'not seen',
  absent: 'not here',
};
const WIDTH = 10;

/** A line for each finding, with what to do under it. @throws PieceworkError `DeploymentBroken`. */
export async function doctor({ context, settings }: VerbCall, deployment: Deployment): Promise<void> {
  const findings = examine(await lookAt(deployment, context.signal));
  const counts = Object.fromEntries(
    STATES.map((state) => [state, findings.filter((one) => one.state === state).length]),
  ) as Record<FindingState, number>;
  if (settings.json === true) {
    writeJson(context.stdout, { type: 'result', deployment: deployment.name, counts, findings });
  } else {
    for (const one of findings) for (const line of linesOf(one)) writeLine(context.stdout, line);
    const { ok, look, broken, unseen, absent } = counts;
    const here = absent === 0 ? '' : `, ${absent} not here`;
    writeLine(
      context.stdout,
      `${deployment.name}: ${ok} ok, ${look} to look at, ${broken} broken, ${unseen} not seen${here}`,
    );
  }
  if (counts.broken > 0)
    throw new ReportedError('DeploymentBroken', `of ${deployment.name} something is broken; docs/runbook.md says more`);
}

function linesOf({ check, state, what, todo, see }: Finding): readonly string[] {
  const under = ' '.repeat(WIDTH);
  return [
    `${WORDS[state].padEnd(WIDTH)}${check}: ${what}`,
    ...(todo === undefined ? [] : [`${under}do: ${todo}`]),
    ...(see === undefined ? [] : [`${under}see docs/runbook.md#${see}`]),
  ];
}
