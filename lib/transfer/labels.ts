/*
 * The caller's own names for a transfer. As in a filter: `team=files,nightly` = the label `team` is `files`, and there is
 * a label `nightly`.
 */

export const MOST_LABELS = 16;
export const LABEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
/** No comma, which stands between several labels of a filter. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are refused
export const LABEL_VALUE = /^[^,\x00-\x1f\x7f]{0,256}$/;

export type LabelFilter = readonly (readonly [name: string, value: string | undefined])[];

/** `undefined` = it is none. */
export function parseLabelFilter(text: string): LabelFilter | undefined {
  const labels = text.split(',').map((one) => {
    const [, name = '', value] = /^([^=]+)(?:=(.*))?$/.exec(one) ?? [];
    return [name, value] as const;
  });
  const areLabels = labels.every(([name, value]) => LABEL_NAME.test(name) && LABEL_VALUE.test(value ?? ''));
  return areLabels ? labels : undefined;
}
