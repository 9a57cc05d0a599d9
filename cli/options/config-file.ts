import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readOrdinarySync, USER_FILE } from '../../lib/disk/ordinary-file.ts';
import { systemReason } from '../../lib/disk/user-file.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { ConfigValue } from './kinds/kind.ts';
import { didYouMean } from './near.ts';
import type { SettingKey } from './table.ts';
import { allOptions } from './table.ts';

export type ConfigFile = Readonly<Partial<Record<SettingKey, ConfigValue>>>;

/** Where the config file is looked for unless one is named. */
export function defaultConfigPath(environment: NodeJS.ProcessEnv): string {
  return join(environment['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'piecework', 'config.json');
}

/**
 * @param mayBeMissing for the default path, which was not asked for
 * @throws PieceworkError `InvalidConfig`. No message shows what stands in the file: it may be a secret.
 */
export function readConfigFile(path: string, mayBeMissing: boolean): ConfigFile {
  const text = readText(path, mayBeMissing);
  if (text === undefined) return {};
  const parsed = parseJson(text);
  if ('notJson' in parsed) {
    throw new PieceworkError('InvalidConfig', `the config file ${path} is not JSON${parsed.notJson}`);
  }
  const checked = SHAPE.safeParse(parsed.json);
  if (!checked.success) throw new PieceworkError('InvalidConfig', describeIssue(path, checked.error.issues[0]));
  return checked.data as ConfigFile;
}

const CONFIG_KEYS: readonly SettingKey[] = allOptions()
  .filter(([, spec]) => spec.inConfig !== false)
  .map(([key]) => key);

const SHAPE = z.strictObject(
  Object.fromEntries(
    allOptions()
      .filter(([key]) => CONFIG_KEYS.includes(key))
      .map(([key, spec]) => [key, spec.kind.shape.optional()]),
  ),
  { error: (issue) => (issue.code === 'invalid_type' ? 'is to hold one JSON object' : undefined) },
);

function readText(path: string, mayBeMissing: boolean): string | undefined {
  try {
    return readOrdinarySync(path, USER_FILE);
  } catch (cause) {
    const why = systemReason(cause);
    if (mayBeMissing && (why === 'ENOENT' || why === 'ENOTDIR')) return undefined;
    throw unreadable(path, why, cause);
  }
}

function unreadable(path: string, why: string, cause: unknown): PieceworkError {
  return new PieceworkError('InvalidConfig', `the config file ${path} can't be read (${why})`, { cause });
}

/** The engine's message quotes the file, so only the place is taken from it. */
function parseJson(text: string): { readonly json: unknown } | { readonly notJson: string } {
  try {
    return { json: JSON.parse(text) };
  } catch (error) {
    const place = /line (\d+) column (\d+)/.exec(String(error));
    return { notJson: place === null ? '' : ` (line ${place[1]}, column ${place[2]})` };
  }
}

function describeIssue(path: string, issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    return `unknown key "${key}" in the config file ${path}${didYouMean(key, CONFIG_KEYS)}`;
  }
  if (issue === undefined || issue.path.length === 0) return `the config file ${path} is to hold one JSON object`;
  return `"${String(issue.path[0])}" in the config file ${path} ${issue.message}`;
}
