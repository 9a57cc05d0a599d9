import { createHash, createHmac } from 'node:crypto';
import { PieceworkError } from '../../errors/error.ts';
import type { Submission } from '../../pipeline/requests/submit.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { DestinationLocator, SourceAuth, SourceLocator } from '../../transfer/locators.ts';
import { headerProblems } from '../../transfer/object-headers.ts';
import { checkPieceSize, dividePieces } from '../../transfer/plan/divide-pieces.ts';
import type { Limits } from '../../transfer/plan/limits.ts';
import type { ObjectSettings, TransferOptions } from '../../transfer/request.ts';
import { DEFAULT_OPTIONS } from '../../transfer/request.ts';
import { nameBySource } from '../../transfer/written-place.ts';
import { stated } from '../../values/stated.ts';
import { howToWriteLogin, readUrl } from '../../values/web/read-url.ts';
import { ApiError } from '../answers/problem.ts';
import type { SubmitBody } from '../schemas/request.ts';
import type { SourceBody } from '../schemas/source.ts';
import type { LocateDestination } from './destinations.ts';
import { toHooks } from './hooks.ts';
import { shownName } from './validation.ts';

/**
 * What a checked body means to the use cases.
 * @throws PieceworkError `InvalidUrl`, `InvalidOption`, `InvalidDestination`.
 */
export function toSubmission(body: SubmitBody, owner: string, locate: LocateDestination): Submission {
  const source = toSource(body.source);
  return {
    source,
    destination: locate(body.destination, nameBySource(source), owner),
    object: toObject(body.object ?? {}),
    options: toOptions(body.options ?? {}),
    ...toHooks(body),
    owner,
    ...stated({ labels: body.labels }),
  };
}

/** @throws PieceworkError `InvalidUrl`, `InvalidOption`. */
export function toSource({ url, headers, auth, store, ...rest }: SourceBody): SourceLocator {
  const parsed = readUrl(url);
  if (parsed === undefined) {
    const hint = howToWriteLogin(url);
    throw new PieceworkError('InvalidUrl', `source.url is no URL; it looks like https://host/path${hint}`);
  }
  const lower =
    headers === undefined
      ? undefined
      : Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const credentials = [
    auth !== undefined,
    lower?.['authorization'] !== undefined,
    // A private key comes with a user, which may stand in the URL.
    parsed.password !== '' || (parsed.username !== '' && auth?.kind !== 'key'),
  ];
  if (credentials.filter(Boolean).length > 1) {
    throw new PieceworkError(
      'InvalidOption',
      'source: credentials are given more than once; give them in the URL, in auth or as a header',
    );
  }
  checkScheme(parsed.protocol, auth?.kind, rest.hostFingerprint !== undefined, store !== undefined);
  return {
    url,
    ...stated({
      headers: lower,
      auth: auth === undefined ? undefined : stated(auth),
      store: store === undefined ? undefined : stated(store),
    }),
    ...stated(rest),
  };
}

/** How each scheme can be authenticated. */
const AUTH_OF: Readonly<Record<string, readonly SourceAuth['kind'][]>> = {
  'http:': ['basic', 'bearer'],
  'https:': ['basic', 'bearer'],
  'ftp:': ['basic'],
  'ftps:': ['basic'],
  'ftpes:': ['basic'],
  'sftp:': ['basic', 'key'],
  's3:': ['basic', 'aws'],
};

/**
 * What can't be meant of such a URL. Which schemes there are is for the deployment to say.
 * @throws PieceworkError `InvalidOption`.
 */
function checkScheme(scheme: string, auth: SourceAuth['kind'] | undefined, pinsHost: boolean, hasStore: boolean): void {
  const known = AUTH_OF[scheme];
  if (known === undefined) return;
  if (auth !== undefined && !known.includes(auth))
    throw new PieceworkError('InvalidOption', `source.auth: ${scheme} takes ${known.join(' or ')}, and not ${auth}`);
  if (pinsHost && scheme !== 'sftp:')
    throw new PieceworkError('InvalidOption', `source.hostFingerprint is of sftp: sources, and this one is ${scheme}`);
  if (hasStore && scheme !== 's3:')
    throw new PieceworkError('InvalidOption', `source.store is of s3: sources, and this one is ${scheme}`);
}

/**
 * What no store's headers can carry is refused at once, not only at planning: with 422, since it is what the schema
 * asks for, and the limits of stores stand against it.
 * @throws ApiError `InvalidOption`, which names each field and shows no value.
 */
export function checkObject(object: ObjectSettings): void {
  const errors = headerProblems(object).map(({ path, detail }) => ({
    pointer: `#/object${path.map((name) => `/${shownName(name)}`).join('')}`,
    detail,
  }));
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  throw new ApiError('InvalidOption', `${first.pointer}: ${first.detail}${more}`, { errors, status: 422 });
}

export function toObject({ encryption, ...rest }: NonNullable<SubmitBody['object']>): ObjectSettings {
  if (encryption === undefined) return stated(rest);
  return {
    ...stated(rest),
    encryption: encryption.kind === 's3' ? { kind: 's3' } : { kind: 'kms', ...stated({ keyId: encryption.keyId }) },
  };
}

function toOptions({ expect, ...rest }: NonNullable<SubmitBody['options']>): TransferOptions {
  const { digests = {}, ...others } = expect ?? {};
  return { ...DEFAULT_OPTIONS, ...stated(rest), expect: { ...stated(others), digests: stated(digests) } };
}

/**
 * What the caller wants is held against the destination at once, not only at planning.
 * @throws PieceworkError `ServerSideCopyRefused`, `DestinationTooSmall`, `PieceSizeOutOfLimits`.
 */
export function checkDestination(
  ports: Pick<Ports, 'destinations' | 'policy'>,
  to: DestinationLocator,
  { parallelism, pieceSizeBytes, serverSideCopy: preference, expect }: TransferOptions,
): void {
  const { limits, serverSideCopy } = ports.destinations(to);
  if (preference === 'always' && serverSideCopy === undefined) {
    throw new PieceworkError(
      'ServerSideCopyRefused',
      'options.serverSideCopy: this deployment has no store copy by itself; leave "always" away, and the bytes come through Piecework',
    );
  }
  if (pieceSizeBytes !== undefined) checkPieces(pieceSizeBytes, expect.sizeBytes, limits);
  if (expect.sizeBytes !== undefined) {
    dividePieces({
      sizeBytes: expect.sizeBytes,
      ranges: true,
      limits,
      parallelism,
      policy: ports.policy.plan,
      ...stated({ pieceSizeBytes }),
    });
  }
}

/** Whatever the source turns out to be. @throws ApiError `PieceSizeOutOfLimits`, which names the field. */
function checkPieces(pieceSizeBytes: number, sizeBytes: number | undefined, limits: Limits): void {
  try {
    checkPieceSize(pieceSizeBytes, sizeBytes, limits);
  } catch (error) {
    if (!(error instanceof PieceworkError)) throw error;
    const errors = [{ pointer: '#/options/pieceSizeBytes', detail: error.message }];
    throw new ApiError(error.code, `options.pieceSizeBytes: ${error.message}`, { errors, cause: error });
  }
}

/**
 * A key is its owner's: another owner's same key is another key. What was asked is kept as a digest only, and under the
 * key, which is stored nowhere: a short password can not be found by trying.
 */
export function idempotencyOf(owner: string, key: string, body: object): NonNullable<Submission['idempotency']> {
  const keyHash = createHash('sha256')
    .update(JSON.stringify([owner, key]))
    .digest('hex');
  const requestHash = createHmac('sha256', key).update(canonical(body)).digest('hex');
  return { keyHash, requestHash };
}

/** The same text for the same value, whatever the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
