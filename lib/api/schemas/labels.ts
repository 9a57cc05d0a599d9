import { z } from '@hono/zod-openapi';

const MOST_LABELS = 16;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
/** No comma, which stands between several labels of a filter. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are refused
const VALUE = /^[^,\x00-\x1f\x7f]{0,256}$/;

/** The caller's own names for a transfer. */
export const labelsSchema = z
  .record(
    z.string().regex(NAME, 'is no name of a label: 1 to 63 letters, digits and ._/-'),
    z.string().regex(VALUE, 'is to have up to 256 characters, without a comma and control characters'),
  )
  .refine((all) => Object.keys(all).length <= MOST_LABELS, `has more than ${MOST_LABELS} labels`);

export type LabelFilter = readonly (readonly [name: string, value: string | undefined])[];

/** `team=files,nightly`: the label `team` is `files`, and there is a label `nightly`. */
export const labelFilterSchema = z
  .string()
  .max(2000)
  .transform((text, context): LabelFilter => {
    const labels = text.split(',').map((one) => {
      const [, name = '', value] = /^([^=]+)(?:=(.*))?$/.exec(one) ?? [];
      return [name, value] as const;
    });
    if (labels.every(([name, value]) => NAME.test(name) && VALUE.test(value ?? ''))) return labels;
    context.addIssue({ code: 'custom', message: 'is to be NAME or NAME=VALUE, with commas between several' });
    return z.NEVER;
  });
