import type { Finding } from '../finding.ts';
import { anchorOf, finding, ok } from '../finding.ts';
import type { AlarmSeen, DeploymentSeen } from '../seen.ts';
import { whenSeen } from '../when-seen.ts';

const CHECK = 'alarms';

/** Those that are on, each with its own heading; a group says nothing more than its alarms. */
export function checkAlarms({ alarms, hasMetrics, deployment }: DeploymentSeen): readonly Finding[] {
  return whenSeen(CHECK, alarms, (all) => {
    const findings = [
      ...all
        .filter(({ state, isGroup }) => state === 'ALARM' && !isGroup)
        .map((alarm) => thatIsOn(alarm, 'value' in hasMetrics && !hasMetrics.value)),
      ...thatAreMissing(deployment.alarms.length, all.length),
      ...thatAreSilenced(all.filter(({ isSilenced }) => isSilenced)),
    ];
    return findings.length > 0 ? findings : [ok(CHECK, `none of ${all.length} is on`)];
  });
}

/** Where no metric was ever made, its absence says nothing of ticks. */
function thatIsOn({ name, see, since }: AlarmSeen, isWithoutMetrics: boolean): Finding {
  const is = `${name} is on${since === undefined ? '' : ` since ${since}`}`;
  const isEarly = isWithoutMetrics && see === anchorOf('No tick');
  return {
    check: CHECK,
    state: isEarly ? 'look' : 'broken',
    what: isEarly ? `${is}: no metric of this deployment was made yet, and a stand-in makes none` : is,
    ...(see === undefined ? {} : { see }),
  };
}

function thatAreMissing(made: number, there: number): readonly Finding[] {
  if (there >= made) return [];
  const what = `${made - there} of the ${made} alarms of the stack are not there`;
  return [finding(CHECK, 'look', what, { todo: 'deploy again', see: 'Stack' })];
}

function thatAreSilenced(silenced: readonly AlarmSeen[]): readonly Finding[] {
  if (silenced.length === 0) return [];
  const names = silenced.map(({ name }) => name).join(' ');
  return [
    finding(CHECK, 'look', `${silenced.length} make no calls: their actions are switched off`, {
      todo: `aws cloudwatch enable-alarm-actions --alarm-names ${names}`,
      see: 'Stack',
    }),
  ];
}
