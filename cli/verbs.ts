import { remoteCancel, remoteList, remoteRetry, remoteStatus } from './remote/remotes.ts';
import { hostsVerb } from './remote/server/hosts-verb.ts';
import { limitsVerb } from './remote/server/limits-verb.ts';
import { pauseVerb, queueVerb, resumeVerb } from './remote/server/queue-verbs.ts';
import { submitVerb } from './remote/submit.ts';
import { withDeployment } from './remote/with-deployment.ts';
import type { Verb } from './verb.ts';
import { batchVerb } from './verbs/batch.ts';
import { cancelVerb } from './verbs/cancel.ts';
import { cleanVerb } from './verbs/clean.ts';
import { completionVerb } from './verbs/completion.ts';
import { consoleVerb } from './verbs/console/console.ts';
import { copyVerb } from './verbs/copy.ts';
import { demoVerb } from './verbs/demo.ts';
import { listVerb } from './verbs/list.ts';
import { opsVerb } from './verbs/ops.ts';
import { planVerb } from './verbs/plan.ts';
import { retryVerb } from './verbs/retry.ts';
import { serveVerb } from './verbs/serve.ts';
import { statusVerb } from './verbs/status.ts';

/** All verbs, in the order of the help. */
export const VERBS: readonly Verb[] = [
  copyVerb,
  batchVerb,
  planVerb,
  withDeployment(listVerb, remoteList),
  withDeployment(statusVerb, remoteStatus),
  withDeployment(cancelVerb, remoteCancel),
  withDeployment(retryVerb, remoteRetry),
  cleanVerb,
  serveVerb,
  consoleVerb,
  submitVerb,
  pauseVerb,
  resumeVerb,
  queueVerb,
  limitsVerb,
  hostsVerb,
  opsVerb,
  demoVerb,
  completionVerb,
];
