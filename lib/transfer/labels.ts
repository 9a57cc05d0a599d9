/** Names and values that the caller gave a transfer, by which lists and events are chosen. */
export type Labels = Readonly<Record<string, string>>;

/** All of these; a name without a value = it has any. */
export type LabelFilter = readonly (readonly [name: string, value: string | undefined])[];

export const LABEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
/** No comma, which stands between several labels of a filter. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are refused
export const LABEL_VALUE = /^[^,\x00-\x1f\x7f]{0,256}$/;

/** `team=files,nightly`: the label `team` is `files`, and there is a label `nightly`. `undefined` = it is no filter. */
export function parseLabelFilter(text: string): LabelFilter | undefined {
  const labels = text.split(',').map((one) => {
    const [, name = '', value] = /^([^=]+)(?:=(.*))?$/.exec(one) ?? [];
    return [name, value] as const;
  });
  return labels.every(([name, value]) => LABEL_NAME.test(name) && LABEL_VALUE.test(value ?? '')) ? labels : undefined;
}

export function hasLabels(labels: Labels = {}, wanted: LabelFilter = []): boolean {
  return wanted.every(
    ([name, value]) => Object.hasOwn(labels, name) && (value === undefined || labels[name] === value),
  );
}
