import type { Destination } from '../../destinations/destination.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { Lending } from '../../sources/s3/url.ts';
import type { CopySource } from '../../transfer/locators.ts';
import type { Environment } from '../environment.ts';

type Rules = Pick<Environment, 'sources' | 'recordsBucket'>;

/**
 * What the functions' own role reads for every caller: what lies in the buckets that the deployment names for it,
 * and nothing else. The role may read more than that, first of all what is sealed in the records bucket, so that one is
 * never among them, whatever the rules say.
 */
export function lendingOf(rules: Rules): Lending {
  return {
    lendsTo: (object) => isNamed(object, rules),
    description: rules.sources?.buckets.length ? `sources under ${describe(rules)} alone` : 'no source',
  };
}

/** A destination whose store copies by itself from the named buckets alone, and with none of them not at all. */
export function copiesFrom(whole: Destination, rules: Rules): Destination {
  const { serverSideCopy: copy, ...destination } = whole;
  if (copy === undefined || rules.sources === undefined || rules.sources.buckets.length === 0) return destination;
  const refusal = (from: CopySource) =>
    isNamed(from, rules)
      ? undefined
      : `s3://${from.bucket}/${from.key} is not in a bucket that this deployment copies from: ${describe(rules)}`;
  return {
    ...destination,
    serverSideCopy: {
      ...copy,
      refusal: async (from, ...rest) => refusal(from) ?? (await copy.refusal(from, ...rest)),
      async copyPart(upload, part, from, ...rest) {
        const because = refusal(from);
        if (because !== undefined) throw new PieceworkError('ServerSideCopyRefused', because);
        return await copy.copyPart(upload, part, from, ...rest);
      },
    },
  };
}

/**
 * An endpoint or a region that is no name would take what the role signs elsewhere; a key with dots in a
 * segment could be read as another one.
 */
function isNamed({ bucket, key, endpoint, region }: CopySource, { sources, recordsBucket }: Rules): boolean {
  return (
    endpoint === undefined &&
    /^[a-z0-9-]*$/.test(region ?? '') &&
    bucket !== recordsBucket &&
    !key.split('/').some((segment) => segment === '.' || segment === '..') &&
    sources?.buckets.some((rule) => rule.bucket === bucket && key.startsWith(rule.prefix)) === true
  );
}

function describe({ sources, recordsBucket }: Rules): string {
  const named = (sources?.buckets ?? []).filter(({ bucket }) => bucket !== recordsBucket);
  return named.map(({ bucket, prefix }) => `s3://${bucket}/${prefix}`).join(', ');
}
