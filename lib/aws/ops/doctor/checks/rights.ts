import type { Finding } from '../finding.ts';
import { finding, ok } from '../finding.ts';
import type { DeploymentSeen } from '../seen.ts';
import { whenSeen } from '../when-seen.ts';

/** What the roles allow, as IAM simulates it; policies of buckets, queues and keys are not in that. */
export function checkRights({ rights }: DeploymentSeen): readonly Finding[] {
  return whenSeen('rights', rights, (missing) => {
    if (missing.length === 0) return [ok('rights', 'every role allows what its function needs')];
    return missing.map(({ stage, actions, resource, isDenied }) =>
      finding('rights', 'broken', `the ${stage} has no ${actions.join(', ')} on ${resource}`, {
        todo: isDenied ? 'a policy denies it: mend that' : 'deploy again',
        see: 'Missing rights',
      }),
    );
  });
}
