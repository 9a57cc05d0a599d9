import type { SubmitRequest } from '../../lib/api/schemas/request.ts';
import type { CopyRequest } from '../../lib/index.ts';
import { stated } from '../../lib/values/stated.ts';
import { writeLine } from '../output/lines.ts';
import type { VerbCall } from '../verb.ts';

/* What the submit of a transfer and of a batch have in common. */

/** The settings of objects as a deployment takes them. */
export function remoteObject({ encryption, tags, metadata, ...rest }: NonNullable<CopyRequest['object']> = {}) {
  return {
    ...rest,
    ...stated({
      encryption,
      tags: tags === undefined ? undefined : { ...tags },
      metadata: metadata === undefined ? undefined : { ...metadata },
    }),
  } satisfies SubmitRequest['object'];
}

/** What goes with the request. */
export function submitOptions({ extras, context }: VerbCall) {
  const key = extras['idempotency-key'];
  return { signal: context.signal, ...stated({ idempotencyKey: typeof key === 'string' ? key : undefined }) };
}

/** Its id on stdout, for scripts; for people, how to follow what is not watched. */
export function saySubmitted(
  { settings, context, extras }: VerbCall,
  { id, status }: { readonly id: string; readonly status: string },
): void {
  if (settings.json === true) return;
  writeLine(context.stdout, id);
  if (settings.quiet !== true && extras['watch'] !== true)
    writeLine(context.stderr, `${status}; piecework status ${id} --watch follows it`);
}
