import type { DestinationLocator } from '../../transfer/locators.ts';
import { placeInS3 } from '../../transfer/written-place.ts';
import { prefixOf } from '../../values/text/owner-name.ts';
import { ApiError } from '../answers/problem.ts';
import { objectPlaceSchema } from '../schemas/destination.ts';
import type { SubmitBody } from '../schemas/request.ts';

/** As a request has it. */
export type AskedDestination = SubmitBody['destination'];
type ObjectPlace = Exclude<AskedDestination, string>;

/**
 * Where a home writes what is asked for.
 * @param name what the source is called where the place is a folder or a prefix; `undefined` = it has none to show;
 * '' = the folder or prefix itself is meant, and is not made
 * @param owner who asks: a deployment may have places for each
 * @throws PieceworkError `InvalidDestination`, `InvalidOption`: it does not write there, or not for this owner.
 */
export type LocateDestination = (
  asked: AskedDestination,
  name: string | undefined,
  owner: string,
) => DestinationLocator;

/** Where a deployment may write: a bucket, or what lies under a prefix of it. */
export interface AllowedDestination {
  readonly bucket: string;
  /** With `{owner}` in it each owner writes under its own name (`ownerName`). @default '' = the whole bucket */
  readonly prefix?: string;
  /** Who may write there. @default every owner */
  readonly owners?: readonly string[];
  /** Where the bucket is; a request may say the same, or nothing. @default the deployment's */
  readonly region?: string;
  /** Of an S3-compatible store; a request may say the same, or nothing. @default AWS */
  readonly endpoint?: string;
}

/** Of a deployment, which writes to these and nowhere else. */
export function allowedOnly(allowed: readonly AllowedDestination[]): LocateDestination {
  return (asked, name, owner) => {
    const place = typeof asked === 'string' ? objectPlaceOf(asked, name) : asked;
    return locateAllowed(place, allowedTo(owner, allowed));
  };
}

/** What one owner sees of the places. */
function allowedTo(owner: string, allowed: readonly AllowedDestination[]): readonly AllowedDestination[] {
  return allowed
    .filter(({ owners }) => owners === undefined || owners.includes(owner))
    .map((place) => ({ ...place, prefix: prefixOf(place.prefix ?? '', owner) }));
}

/** A folder or a prefix needs a name. */
export function noNameFor(place: string): ApiError {
  const detail = `the URL has no name at its end that may be shown; give the whole ${place}`;
  return new ApiError('InvalidDestination', `#/destination: ${detail}`, {
    errors: [{ pointer: '#/destination', detail }],
  });
}

function objectPlaceOf(text: string, name: string | undefined): ObjectPlace {
  const written = placeInS3(text);
  if (written === undefined) throw badPlace('a text is s3://bucket/key or s3://bucket/prefix/');
  const { bucket, key } = written;
  const isPrefix = key === '' || key.endsWith('/');
  if (isPrefix && name === undefined) throw noNameFor('key');
  const place = objectPlaceSchema.safeParse({ bucket, key: isPrefix ? `${key}${name}` : key });
  if (place.success) return place.data;
  const [issue] = place.error.issues;
  throw badPlace(`its ${String(issue?.path[0] ?? 'text')} ${issue?.message ?? 'is wrong'}`);
}

function badPlace(detail: string): ApiError {
  return new ApiError('InvalidOption', `#/destination: ${detail}`, { errors: [{ pointer: '#/destination', detail }] });
}

function locateAllowed(asked: ObjectPlace, allowed: readonly AllowedDestination[]): DestinationLocator {
  const { bucket, key, region, endpoint } = asked;
  const rule = allowed.find(
    (one) =>
      one.bucket === bucket &&
      key.startsWith(one.prefix ?? '') &&
      (region ?? one.region) === one.region &&
      (endpoint ?? one.endpoint) === one.endpoint,
  );
  if (rule === undefined) {
    const shown = allowed.map(describeAllowed);
    throw new ApiError(
      'InvalidDestination',
      `this deployment does not write there for you; it writes to ${shown.join(', ') || 'nowhere'}`,
      { allowed: shown },
    );
  }
  return {
    kind: 's3',
    bucket,
    key,
    ...(rule.region === undefined ? {} : { region: rule.region }),
    ...(rule.endpoint === undefined ? {} : { endpoint: rule.endpoint }),
  };
}

function describeAllowed({ bucket, prefix = '', region, endpoint }: AllowedDestination): string {
  const where = [region, endpoint].filter((part) => part !== undefined);
  return `s3://${bucket}/${prefix}${where.length === 0 ? '' : ` (${where.join(', ')})`}`;
}
