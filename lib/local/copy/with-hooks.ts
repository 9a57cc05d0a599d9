import type { Ports } from '../../pipeline/shared/ports.ts';
import type { Hooks } from '../../transfer/hooks.ts';
import { shownHooks } from '../../transfer/hooks.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { TransferRequest } from '../../transfer/request.ts';
import { stated } from '../../values/stated.ts';

/** Whom an earlier process was to notify holds, until another is named. */
export async function withHooks(
  { notifications }: Ports,
  { id, request: before }: TransferRecord,
  asked: TransferRequest,
  { hooks }: { readonly hooks?: Hooks },
): Promise<TransferRequest> {
  if (hooks === undefined) return { ...asked, ...stated({ hooks: before.hooks }) };
  await notifications?.keep(id, hooks);
  return { ...asked, hooks: shownHooks(hooks) };
}
