/**
 * What tells two versions of a source apart (RFC 9110 §8.8), best first. Only `strong` proves equality byte by byte;
 * `none` means that nothing does.
 */
export type Validator =
  | { readonly kind: 'strong'; readonly etag: string; readonly lastModified?: string }
  | { readonly kind: 'weak'; readonly etag: string; readonly lastModified?: string }
  | { readonly kind: 'date'; readonly lastModified: string }
  | { readonly kind: 'none' };

/** Equal means: nothing that both sides state differs, and both state something of the same kind. */
export function sameVersion(a: Validator, b: Validator): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'none' || b.kind === 'none') return true;
  if ((a.kind === 'strong' || a.kind === 'weak') && (b.kind === 'strong' || b.kind === 'weak'))
    return a.etag === b.etag;
  return a.lastModified === b.lastModified;
}

/** For people: `ETag "abc" (strong)`. */
export function describeValidator(validator: Validator): string {
  switch (validator.kind) {
    case 'strong':
      return `ETag ${validator.etag}`;
    case 'weak':
      return `weak ETag ${validator.etag}`;
    case 'date':
      return `Last-Modified ${validator.lastModified}`;
    case 'none':
      return 'none';
  }
}
