import { PieceworkError } from '../../errors/error.ts';
import type { Hooks } from '../../transfer/hooks.ts';
import { stated } from '../../values/stated.ts';
import type { ApiDeps } from '../deps.ts';

/** Who is to be notified, of a checked body. */
export function toHooks(body: {
  readonly notify?: Hooks['webhook'] | undefined;
  readonly taskToken?: string | undefined;
}): { readonly hooks?: Hooks } {
  const hooks = stated({ webhook: body.notify, taskToken: body.taskToken });
  return Object.keys(hooks).length === 0 ? {} : { hooks };
}

/** @throws PieceworkError where they may not be notified here. */
export async function checkHooks(deps: Pick<ApiDeps, 'checkHooks'>, hooks: Hooks | undefined): Promise<void> {
  if (hooks === undefined) return;
  if (deps.checkHooks === undefined)
    throw new PieceworkError('InvalidOption', 'no one can be notified of an end here: leave notify and taskToken away');
  await deps.checkHooks(hooks);
}
