import type { ListReading } from '../../lists/options.ts';
import type { BatchSubmission } from '../../pipeline/shared/batches/submission.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import { stated } from '../../values/stated.ts';
import { ApiError } from '../answers/problem.ts';
import type { LocateDestination } from '../requests/destinations.ts';
import { toHooks } from '../requests/hooks.ts';
import { checkObject, toObject, toSource } from '../requests/submission.ts';
import type { SubmitBatchBody } from '../schemas/batches/request.ts';

/**
 * What a checked body means to the use cases.
 * @throws PieceworkError `InvalidUrl`, `InvalidOption`, `InvalidDestination`.
 */
export function toBatchSubmission(body: SubmitBatchBody, owner: string, locate: LocateDestination): BatchSubmission {
  const { prefix, ...place } = body.destination;
  const object = toObject(body.object ?? {});
  checkObject(object);
  const { ifExists = 'if-changed', maxAttempts = 5, report = true, maxFailures, ...more } = body.options ?? {};
  return {
    owner,
    ...listOf(body),
    ...toHooks(body),
    destination: locate({ ...place, key: prefix }, undefined),
    options: { ifExists, maxAttempts, object, ...stated({ ...more, maxFailures }) },
    ...stated({
      source: body.source === undefined ? undefined : toDefaults(body.source),
      reportTo: report ? undefined : (false as const),
    }),
  };
}

function listOf({ entries, list }: SubmitBatchBody): Pick<BatchSubmission, 'list' | 'reading'> {
  if (list === undefined)
    return {
      list: {
        kind: 'inline',
        entries: (entries ?? []).map(({ sources, digests, ...entry }) => ({
          sources,
          ...stated({ ...entry, digests: digests === undefined ? undefined : stated(digests) }),
        })),
      },
    };
  const { reading, ...from } = list;
  return { list: { kind: 'at', from: toSource(from) }, ...stated({ reading: toReading(reading) }) };
}

function toReading(reading: NonNullable<SubmitBatchBody['list']>['reading']): ListReading | undefined {
  if (reading === undefined) return undefined;
  const { columns, ...rest } = reading;
  return stated({ ...rest, columns: columns === undefined ? undefined : stated(columns) });
}

/** Of a source without its URL: what a scheme takes shows when an entry is asked for. */
function toDefaults({
  headers,
  auth,
  store,
  ...rest
}: NonNullable<SubmitBatchBody['source']>): Omit<SourceLocator, 'url'> {
  const lower =
    headers === undefined
      ? undefined
      : Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (auth !== undefined && lower?.['authorization'] !== undefined)
    throw new ApiError(
      'InvalidOption',
      '#/source: credentials are given more than once; give them in auth or as a header',
      {
        errors: [{ pointer: '#/source/auth', detail: 'is given beside an authorization header' }],
      },
    );
  return stated({
    headers: lower,
    auth: auth === undefined ? undefined : stated(auth),
    store: store === undefined ? undefined : stated(store),
    ...rest,
  });
}
