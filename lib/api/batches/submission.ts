import type { ListReading } from '../../lists/options.ts';
import type { BatchSubmission } from '../../pipeline/shared/batches/submission.ts';
import type { DestinationLocator, SourceLocator } from '../../transfer/locators.ts';
import { placeInS3 } from '../../transfer/written-place.ts';
import { stated } from '../../values/stated.ts';
import { ApiError } from '../answers/problem.ts';
import type { AskedDestination, LocateDestination } from '../requests/destinations.ts';
import { toHooks } from '../requests/hooks.ts';
import { checkObject, toObject, toSource } from '../requests/submission.ts';
import { folderSchema } from '../schemas/batches/folder.ts';
import type { SubmitBatchBody } from '../schemas/batches/request.ts';

/**
 * What a checked body means to the use cases.
 * @throws PieceworkError `InvalidUrl`, `InvalidOption`, `InvalidDestination`.
 */
export function toBatchSubmission(
  body: SubmitBatchBody,
  owner: string,
  { locate, isMachine }: { readonly locate: LocateDestination; readonly isMachine: boolean },
): BatchSubmission {
  const object = toObject(body.object ?? {});
  checkObject(object);
  const { ifExists = 'if-changed', maxAttempts = 5, report = true, maxFailures, ...more } = body.options ?? {};
  if (!isMachine) refuseOfMachines(body);
  return {
    owner,
    ...listOf(body),
    ...toHooks(body),
    destination: locateFolder(body.destination, (asked, name) => locate(asked, name, owner)),
    options: { ifExists, maxAttempts, object, ...stated({ ...more, maxFailures }) },
    ...stated({
      source: body.source === undefined ? undefined : toDefaults(body.source),
      reportTo: report === true ? undefined : report,
    }),
  };
}

function locateFolder(
  asked: SubmitBatchBody['destination'],
  locate: (asked: AskedDestination, name: string | undefined) => DestinationLocator,
): DestinationLocator {
  const written = typeof asked === 'string' ? placeInS3(asked) : undefined;
  if (written !== undefined) {
    const folder = folderSchema.safeParse({ bucket: written.bucket, prefix: written.key });
    const [issue] = folder.error?.issues ?? [];
    if (issue !== undefined) {
      const detail = `its ${String(issue.path[0] ?? 'text')} ${issue.message}`;
      throw new ApiError('InvalidOption', `#/destination: ${detail}`, {
        errors: [{ pointer: '#/destination', detail }],
      });
    }
    return locate(written, undefined);
  }
  if (typeof asked === 'string') return locate(asked, '');
  const { prefix, ...place } = asked;
  return locate({ ...place, key: prefix }, undefined);
}

/** @throws ApiError `InvalidOption`: a deployment has no such setting. */
function refuseOfMachines({ options = {} }: SubmitBatchBody): void {
  const { parallelism, report } = options;
  const field = parallelism !== undefined ? 'parallelism' : typeof report === 'string' ? 'report' : undefined;
  if (field === undefined) return;
  const pointer = `#/options/${field}`;
  const detail =
    field === 'report'
      ? 'a deployment writes the report under the destination: give true or false'
      : 'a deployment shares connections among all that it brings: only piecework serve takes a number of them';
  throw new ApiError('InvalidOption', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] });
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
