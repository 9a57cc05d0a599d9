import { PieceworkError } from '../../errors/error.ts';

/** What the construct says of an object. */
interface ObjectProperties {
  readonly url: string;
  readonly sha256: string;
  readonly bucket: string;
  readonly key: string;
  /** When the resource is deleted. */
  readonly deletes: boolean;
  readonly deadlineMs: number;
}

/** CloudFormation makes every value a text. @throws PieceworkError `InvalidOption`. */
export function readProperties(given: unknown): ObjectProperties {
  const { Url, Sha256, Bucket, Key, Deletes, DeadlineMs } = Object(given) as Record<string, unknown>;
  const texts = { Url, Sha256, Bucket, Key };
  const missing = Object.entries(texts).find(([, value]) => typeof value !== 'string' || value === '');
  if (missing !== undefined)
    throw new PieceworkError('InvalidOption', `the resource has no ${missing[0]}: it is made by PieceworkObject`);
  const deadlineMs = Number(DeadlineMs);
  if (!Number.isInteger(deadlineMs) || deadlineMs <= 0)
    throw new PieceworkError('InvalidOption', 'the resource has no DeadlineMs: it is made by PieceworkObject');
  return {
    url: String(Url),
    sha256: String(Sha256).toLowerCase(),
    bucket: String(Bucket),
    key: String(Key),
    deletes: String(Deletes) === 'true',
    deadlineMs,
  };
}
