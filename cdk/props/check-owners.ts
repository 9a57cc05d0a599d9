import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { OWNER_FIELD, prefixOfAll } from '../../lib/values/text/owner-name.ts';
import type { PieceworkQuotas } from './owners.ts';
import type { PieceworkDestination, Settings } from './props.ts';
import { PieceworkPropsError, refuseUnknown } from './props-error.ts';

/** @throws PieceworkPropsError at the first thing that is said of owners and can't be meant, or would not hold. */
export function checkOwners(settings: Settings): void {
  checkOwnership(settings);
  for (const destination of settings.destinations) checkPlace(destination);
  checkSources(settings);
  checkQuotas(settings);
}

function checkOwnership({ ownership }: Settings): void {
  for (const [name, who] of Object.entries(ownership))
    if (who !== 'owner' && who !== 'anyone')
      throw new PieceworkPropsError(`ownership: ${name} must be "owner" or "anyone", and is ${JSON.stringify(who)}.`);
  if (ownership.read === 'owner' && ownership.change === 'anyone')
    throw new PieceworkPropsError(
      'ownership lets anyone change what only its owner may see; set change to "owner", or read to "anyone".',
    );
}

function checkPlace({ prefix = '', owners }: PieceworkDestination): void {
  const rest = prefix.replaceAll(OWNER_FIELD, '');
  if (/[{}]/.test(rest))
    throw new PieceworkPropsError(`the prefix "${prefix}" has { or } in it: only ${OWNER_FIELD} has a meaning there.`);
  // Without the slash, what one owner's name begins with could be another's.
  if (prefix !== rest && !/^(?:[^{]*\/)?\{owner\}\/[^{]*$/.test(prefix))
    throw new PieceworkPropsError(
      `the prefix "${prefix}" must have ${OWNER_FIELD} once, between slashes, as in "incoming/${OWNER_FIELD}/".`,
    );
  if (owners === undefined) return;
  if (!Array.isArray(owners) || owners.length === 0 || !owners.every((owner) => typeof owner === 'string' && owner))
    throw new PieceworkPropsError(
      'owners of a destination must be a list of at least one: ["ingest"], or ["arn:aws:iam::123456789012:user/ann"].',
    );
}

/** Every caller may copy out of a source bucket: what one owner wrote, others would read there. */
function checkSources({ sourceBuckets, destinations }: Settings): void {
  const own = destinations.filter(({ prefix = '', owners }) => owners !== undefined || prefix.includes(OWNER_FIELD));
  for (const { bucket, prefix = '' } of sourceBuckets) {
    const shown = own.find((one) => isSame(bucket, one.bucket) && isWithin(prefix, prefixOfAll(one.prefix ?? '')));
    if (shown !== undefined)
      throw new PieceworkPropsError(
        `sourceBuckets has "${bucket.node.path}" with prefix "${prefix}", and owners have places of their own there ("${shown.prefix ?? ''}"): every caller would read what others wrote. Name another prefix.`,
      );
  }
}

function isSame(one: IBucket, other: IBucket): boolean {
  return one === other || one.bucketName === other.bucketName;
}

/** One of them begins with the other. */
function isWithin(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

const QUOTAS = ['open', 'bytesPerDay', 'batchEntries'] as const;
/** All of an owner's are listed at each submit. */
const MOST_OPEN = 10_000;

function checkQuotas({ quotas }: Settings): void {
  if (quotas === undefined) return;
  refuseUnknown('quotas', 'setting', quotas, [...QUOTAS, 'owners']);
  const { owners = {}, ...usual } = quotas;
  checkEach('quotas', usual);
  for (const [owner, own] of Object.entries(owners)) {
    refuseUnknown(`quotas of "${owner}"`, 'setting', own, QUOTAS);
    checkEach(`quotas of "${owner}"`, own);
  }
}

function checkEach(where: string, quotas: PieceworkQuotas): void {
  for (const name of QUOTAS) {
    const value = quotas[name];
    const most = name === 'open' ? MOST_OPEN : Number.MAX_SAFE_INTEGER;
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1 && value <= most))
      throw new PieceworkPropsError(
        `${where}: ${name} must be a whole number from 1${name === 'open' ? ` to ${MOST_OPEN}` : ''}, and is ${String(value)}.`,
      );
  }
}
