import { cancelVerb } from './cancel.ts';
import { cleanVerb } from './clean.ts';
import { completionVerb } from './completion.ts';
import { copyVerb } from './copy.ts';
import { demoVerb } from './demo.ts';
import { listVerb } from './list.ts';
import { planVerb } from './plan.ts';
import { remoteCancel, remoteList, remoteRetry, remoteStatus } from './remote/remotes.ts';
import { submitVerb } from './remote/submit.ts';
import { withDeployment } from './remote/with-deployment.ts';
import { retryVerb } from './retry.ts';
import { statusVerb } from './status.ts';
import type { Verb } from './verb.ts';

/** All verbs, in the order of the help. */
export const VERBS: readonly Verb[] = [
  copyVerb,
  planVerb,
  withDeployment(listVerb, remoteList),
  withDeployment(statusVerb, remoteStatus),
  withDeployment(cancelVerb, remoteCancel),
  withDeployment(retryVerb, remoteRetry),
  cleanVerb,
  submitVerb,
  demoVerb,
  completionVerb,
];
