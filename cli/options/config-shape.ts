import * as z from 'zod';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { ConfigValue, Shape } from './kinds/kind.ts';
import { didYouMean } from './near.ts';
import type { SettingKey } from './table.ts';
import { allOptions } from './table.ts';

export type ConfigFile = Readonly<Partial<Record<SettingKey, ConfigValue>>>;

const text = z.string({ error: 'is to be a text' });

const SHAPES: Readonly<Record<Shape, z.ZodType<ConfigValue>>> = {
  text,
  amount: z.union([z.number(), z.string()], { error: 'is to be a number or a text' }),
  switch: z.boolean({ error: 'is to be true or false' }),
  pairs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]), {
    error: 'is to be an object of names and values',
  }),
  texts: z.array(text, { error: 'is to be a list of texts' }),
  headers: z.array(text, { error: 'is to be a list of "Name: value"' }),
};

const CONFIG_KEYS: readonly SettingKey[] = allOptions()
  .filter(([, spec]) => spec.inConfig !== false)
  .map(([key]) => key);

const CONFIG = z.strictObject(
  Object.fromEntries(
    allOptions()
      .filter(([key]) => CONFIG_KEYS.includes(key))
      .map(([key, spec]) => [key, SHAPES[spec.kind.shape].optional()]),
  ),
  { error: (issue) => (issue.code === 'invalid_type' ? 'is to hold one JSON object' : undefined) },
);

/**
 * Checks the keys and the kinds of values; each value is read later, as text like any other.
 * @throws PieceworkError `InvalidConfig`
 */
export function checkShape(json: unknown, path: string): ConfigFile {
  const checked = CONFIG.safeParse(json);
  if (!checked.success) throw new PieceworkError('InvalidConfig', describeIssue(path, checked.error.issues[0]));
  return checked.data as ConfigFile;
}

function describeIssue(path: string, issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    return `unknown key "${key}" in the config file ${path}${didYouMean(key, CONFIG_KEYS)}`;
  }
  if (issue === undefined || issue.path.length === 0) return `the config file ${path} is to hold one JSON object`;
  return `"${String(issue.path[0])}" in the config file ${path} ${issue.message}`;
}
