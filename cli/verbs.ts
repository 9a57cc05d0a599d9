import { cancelVerb } from './cancel.ts';
import { cleanVerb } from './clean.ts';
import { completionVerb } from './completion.ts';
import { copyVerb } from './copy.ts';
import { demoVerb } from './demo.ts';
import { listVerb } from './list.ts';
import { planVerb } from './plan.ts';
import { retryVerb } from './retry.ts';
import { statusVerb } from './status.ts';
import type { Verb } from './verb.ts';

/** All verbs, in the order of the help. */
export const VERBS: readonly Verb[] = [
  copyVerb,
  planVerb,
  listVerb,
  statusVerb,
  cancelVerb,
  retryVerb,
  cleanVerb,
  demoVerb,
  completionVerb,
];
