import type { Validator } from '../../values/web/validator.ts';
import type { Headers } from './headers.ts';

/**
 * The version that an answer states (RFC 9110 §8.8), graded. An ETag that breaks the grammar (unquoted, say) is
 * compared by us and never sent back: `weak`. A date counts even where it is younger than a second (§8.8.2.2 calls it
 * weak then): strict clients fail on real servers, and the comparison of size and date on our side stands.
 */
export function validatorOf(headers: Headers): Validator {
  const etag = headers['etag']?.trim();
  const lastModified = modified(headers)?.text;
  const date = lastModified === undefined ? {} : { lastModified };
  if (etag !== undefined && etag !== '') {
    return { kind: /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? 'strong' : 'weak', etag, ...date };
  }
  return lastModified === undefined ? { kind: 'none' } : { kind: 'date', lastModified };
}

/** What `If-Range` may carry (RFC 9110 §13.1.5): a strong ETag or a date, never a weak ETag. */
export function ifRangeOf(validator: Validator): string | undefined {
  switch (validator.kind) {
    case 'strong':
      return validator.etag;
    case 'date':
      return validator.lastModified;
    case 'weak':
    case 'none':
      return undefined;
  }
}

/** ISO 8601, or `undefined` without a `Last-Modified` that is a date. */
export function modifiedAt(headers: Headers): string | undefined {
  return modified(headers)?.at;
}

function modified(headers: Headers): { readonly text: string; readonly at: string } | undefined {
  const text = headers['last-modified']?.trim();
  // All three forms of RFC 9110 §5.6.7 begin with a weekday; `Date.parse` alone would take a bare "0" for the year
  // 2000.
  if (text === undefined || !/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  // asctime, the one form without a zone, is UTC too.
  const at = Date.parse(/^[A-Za-z]{3} [A-Za-z]{3} /.test(text) ? `${text} GMT` : text);
  return Number.isNaN(at) ? undefined : { text, at: new Date(at).toISOString() };
}
