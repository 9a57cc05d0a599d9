import type { ErrorCode } from '../../errors/codes.ts';
import type { ByteRange } from '../../values/ranges.ts';
import type { Validator } from '../../values/web/validator.ts';

/** What the head of an answer to a ranged request states, as its protocol reads it. Nothing of it is believed yet. */
export type RangeAnswer =
  | (RangeHead & { readonly kind: 'part'; readonly stated: StatedRange })
  | (RangeHead & { readonly kind: 'whole' })
  /** There is no such range, of what is `totalBytes` large, if that is stated. */
  | { readonly kind: 'outOfReach'; readonly totalBytes: number | undefined }
  | Refusal;

export interface RangeHead {
  /** What the body is to have; NaN where what is stated is no number. */
  readonly lengthBytes?: number;
  readonly contentEncoding?: string;
  readonly contentType?: string;
  readonly validator: Validator;
}

/** What a part says of its place. */
export type StatedRange =
  | { readonly kind: 'range'; readonly range: ByteRange; readonly totalBytes?: number }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unreadable'; readonly text: string }
  /** The range stands within a body of several parts. */
  | { readonly kind: 'multipart' };

export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly because: string;
}

export function refused(code: ErrorCode, because: string): Refusal {
  return { kind: 'refused', code, because };
}
