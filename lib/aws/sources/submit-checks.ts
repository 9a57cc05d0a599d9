import type { ApiDeps } from '../../api/deps.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { Environment } from '../environment.ts';
import { hooksCheck } from '../notifications/guard.ts';
import { sourceCheck } from './source-guard.ts';

export type SubmitChecks = Required<Pick<ApiDeps, 'checkSource' | 'checkHooks'>>;

/**
 * What a deployment refuses at the submit already.
 * @throws PieceworkError `InvalidConfig`: its rules are no rules.
 */
export function submitChecks(environment: Environment): SubmitChecks {
  try {
    return { checkSource: sourceCheck(environment), checkHooks: hooksCheck(environment) };
  } catch (cause) {
    throw new PieceworkError('InvalidConfig', 'the rules of sources are not as they are to be', { cause });
  }
}
