import { createHash, createHmac } from 'node:crypto';
import { PieceworkError } from '../errors/error.ts';
import type { Ports } from '../pipeline/ports.ts';
import type { Submission } from '../pipeline/submit.ts';
import type { DestinationLocator, SourceLocator } from '../transfer/locators.ts';
import { planTransfer } from '../transfer/plan.ts';
import type { ObjectSettings, TransferOptions } from '../transfer/request.ts';
import { DEFAULT_OPTIONS } from '../transfer/request.ts';
import { formatBytes } from '../values/units.ts';
import type { AllowedDestination } from './destinations.ts';
import { locateDestination } from './destinations.ts';
import type { SourceBody, SubmitBody } from './schemas/request.ts';
import { stated } from './stated.ts';

/** What a checked body means to the use cases. @throws PieceworkError `InvalidUrl`, `InvalidOption`, `InvalidDestination`. */
export function toSubmission(body: SubmitBody, owner: string, allowed: readonly AllowedDestination[]): Submission {
  return {
    source: toSource(body.source),
    destination: locateDestination(body.destination, allowed),
    object: toObject(body.object ?? {}),
    options: toOptions(body.options ?? {}),
    owner,
  };
}

/** @throws PieceworkError `InvalidUrl`, `InvalidOption`. */
export function toSource({ url, headers, auth, maxRedirects, allowInsecureRedirect }: SourceBody): SourceLocator {
  const parsed = URL.parse(url);
  if (parsed === null) throw new PieceworkError('InvalidUrl', 'source.url is no URL; it looks like https://host/path');
  const lower =
    headers === undefined
      ? undefined
      : Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const credentials = [
    auth !== undefined,
    lower?.['authorization'] !== undefined,
    parsed.username !== '' || parsed.password !== '',
  ];
  if (credentials.filter(Boolean).length > 1) {
    throw new PieceworkError(
      'InvalidOption',
      'source: credentials are given more than once; give them in the URL, in auth or as a header',
    );
  }
  return { url, ...stated({ headers: lower, auth, maxRedirects, allowInsecureRedirect }) };
}

function toObject({ encryption, ...rest }: NonNullable<SubmitBody['object']>): ObjectSettings {
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

/** What the caller says of the size is held against the destination at once, not only at planning. @throws PieceworkError `DestinationTooSmall`, `PieceSizeOutOfLimits`. */
export function checkLimits(
  ports: Pick<Ports, 'destinations' | 'policy'>,
  to: DestinationLocator,
  { parallelism, pieceSizeBytes, expect }: TransferOptions,
): void {
  const { limits } = ports.destinations(to);
  if (expect.sizeBytes !== undefined) {
    planTransfer({
      sizeBytes: expect.sizeBytes,
      ranges: true,
      limits,
      parallelism,
      policy: ports.policy.plan,
      ...stated({ pieceSizeBytes }),
    });
  } else if (pieceSizeBytes !== undefined && pieceSizeBytes > limits.maxPieceBytes) {
    throw new PieceworkError(
      'PieceSizeOutOfLimits',
      `a piece of ${formatBytes(pieceSizeBytes)} is more than this destination takes: ${formatBytes(limits.maxPieceBytes)} at most`,
    );
  }
}

/**
 * A key is its owner's: another owner's same key is another key. What was asked is kept as a digest only, and under the
 * key, which is stored nowhere: nobody can find out a short password by trying.
 */
export function idempotencyOf(owner: string, key: string, body: SubmitBody): NonNullable<Submission['idempotency']> {
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
