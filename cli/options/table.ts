import { BATCH_OPTIONS } from './groups/batch-options.ts';
import { LIST_OPTIONS } from './groups/list-options.ts';
import { NOTIFY_OPTIONS } from './groups/notify-options.ts';
import { OBJECT_OPTIONS } from './groups/object-options.ts';
import { OUTPUT_OPTIONS } from './groups/output-options.ts';
import { SERVER_OPTIONS } from './groups/server-options.ts';
import { SOURCE_OPTIONS } from './groups/source-options.ts';
import { TRANSFER_OPTIONS } from './groups/transfer-options.ts';
import type { OptionSpec, SettingVerb } from './option.ts';

/**
 * Every setting there is. Flags, environment variables, config keys, the help and the table
 * in docs/cli.md come from here.
 */
export const OPTIONS = {
  ...BATCH_OPTIONS,
  ...LIST_OPTIONS,
  ...TRANSFER_OPTIONS,
  ...SOURCE_OPTIONS,
  ...OBJECT_OPTIONS,
  ...SERVER_OPTIONS,
  ...NOTIFY_OPTIONS,
  ...OUTPUT_OPTIONS,
};

export type SettingKey = keyof typeof OPTIONS;
type ValueOf<Spec> = Spec extends OptionSpec<infer T> ? T : never;

/** What was set anywhere; what is absent has its default. */
export type Settings = { readonly [Key in SettingKey]?: ValueOf<(typeof OPTIONS)[Key]> };

export function allOptions(): readonly (readonly [SettingKey, OptionSpec<unknown>])[] {
  return Object.entries(OPTIONS) as [SettingKey, OptionSpec<unknown>][];
}

export function optionsOf(verb: SettingVerb): readonly (readonly [SettingKey, OptionSpec<unknown>])[] {
  return allOptions().filter(([, spec]) => spec.verbs.includes(verb));
}
