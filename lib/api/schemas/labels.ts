import * as z from 'zod';
import type { LabelFilter } from '../../transfer/labels.ts';
import { LABEL_NAME, LABEL_VALUE, parseLabelFilter } from '../../transfer/labels.ts';
import { makeDescribable } from './describable.ts';

makeDescribable();

const MOST_LABELS = 16;

/** The caller's own names for a transfer. */
export const labelsSchema = z
  .record(
    z.string().regex(LABEL_NAME, 'is no name of a label: 1 to 63 letters, digits and ._/-'),
    z.string().regex(LABEL_VALUE, 'is to have up to 256 characters, without a comma and control characters'),
  )
  .refine((all) => Object.keys(all).length <= MOST_LABELS, `has more than ${MOST_LABELS} labels`);

export const labelFilterSchema = z
  .string()
  .max(2000)
  .transform((text, context): LabelFilter => {
    const labels = parseLabelFilter(text);
    if (labels !== undefined) return labels;
    context.addIssue({ code: 'custom', message: 'is to be NAME or NAME=VALUE, with commas between several' });
    return z.NEVER;
  });
