import type { Finding } from '../finding.ts';
import { ok } from '../finding.ts';
import type { DeploymentSeen } from '../seen.ts';
import { whenSeen } from '../when-seen.ts';

/** Those that are on; each names its heading by itself. */
export function checkAlarms({ alarms, deployment }: DeploymentSeen): readonly Finding[] {
  return whenSeen('alarms', alarms, (all) => {
    const on = all.filter(({ state }) => state === 'ALARM');
    const missing = deployment.alarms.length - all.length;
    return [
      ...on.map(
        ({ name, see, since }): Finding => ({
          check: 'alarms',
          state: 'broken',
          what: `${name} is on${since === undefined ? '' : ` since ${since}`}`,
          ...(see === undefined ? {} : { see }),
        }),
      ),
      ...(missing > 0
        ? [
            {
              check: 'alarms',
              state: 'look',
              what: `${missing} of the ${deployment.alarms.length} alarms of the stack are not there`,
              todo: 'deploy again',
              see: 'stack',
            } as const,
          ]
        : []),
      ...(on.length + Math.max(0, missing) === 0 ? [ok('alarms', `none of ${all.length} is on`)] : []),
    ];
  });
}
