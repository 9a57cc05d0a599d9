import { PieceworkError } from '../../lib/errors/error.ts';
import { defaultConfigPath, readConfigFile } from './config-file.ts';
import type { ConfigFile } from './config-shape.ts';
import { settleContradictions } from './contradictions.ts';
import type { ConfigValue } from './kinds/kind.ts';
import { BadValue } from './kinds/kind.ts';
import type { SettingVerb } from './option.ts';
import { flagOf, variableOf } from './option.ts';
import type { SettingKey, Settings } from './table.ts';
import { OPTIONS, optionsOf } from './table.ts';

/** What the command line said, as text; a switch says `true` or `false`. */
export type Flags = Readonly<Partial<Record<SettingKey, readonly string[]>>>;

/** Higher wins. */
const LEVELS = { config: 1, environment: 2, flag: 3 } as const;
type Level = (typeof LEVELS)[keyof typeof LEVELS];

interface Given {
  readonly texts: readonly string[];
  /** How the place is called in a sentence. */
  readonly where: string;
  readonly level: Level;
}

/**
 * Flags over environment over config file; what none of them says keeps its default, which the library knows.
 * @throws PieceworkError `InvalidOption`, `InvalidConfig`, with where it was given and what is wanted there.
 */
export async function resolveSettings(
  verb: SettingVerb,
  flags: Flags,
  environment: NodeJS.ProcessEnv,
): Promise<Settings> {
  const named = flags.config?.at(-1) || environment[variableOf('config')];
  const configPath = named || defaultConfigPath(environment);
  const config = await readConfigFile(configPath, !named);
  const settings: Partial<Record<SettingKey, unknown>> = {};
  const levels: Partial<Record<SettingKey, Level>> = {};
  for (const [key, spec] of optionsOf(verb)) {
    const given = fromFlags(key, flags) ?? fromEnvironment(key, environment) ?? fromConfig(key, config, configPath);
    if (given === undefined) continue;
    try {
      settings[key] = spec.kind.parse(given.texts);
    } catch (error) {
      throw error instanceof BadValue ? misgiven(given, error) : error;
    }
    levels[key] = given.level;
  }
  return settleContradictions(settings as Settings, levels);
}

function misgiven({ level, where }: Given, cause: BadValue): PieceworkError {
  const code = level === LEVELS.config ? 'InvalidConfig' : 'InvalidOption';
  return new PieceworkError(code, `${where}: ${cause.message}`, { cause });
}

function fromFlags(key: SettingKey, flags: Flags): Given | undefined {
  const texts = flags[key];
  return texts === undefined ? undefined : { texts, where: flagOf(key), level: LEVELS.flag };
}

/** An empty variable counts as none, since many a script sets it so. Several values stand on several lines. */
function fromEnvironment(key: SettingKey, environment: NodeJS.ProcessEnv): Given | undefined {
  const text = environment[variableOf(key)];
  if (text === undefined || text.trim() === '') return undefined;
  const isRepeatable = OPTIONS[key].kind.isRepeatable === true;
  const texts = isRepeatable ? text.split(/\r?\n/).filter((line) => line.trim() !== '') : [text];
  return { texts, where: variableOf(key), level: LEVELS.environment };
}

function fromConfig(key: SettingKey, config: ConfigFile, path: string): Given | undefined {
  const value = config[key];
  return value === undefined
    ? undefined
    : { texts: textsOf(value), where: `"${key}" in ${path}`, level: LEVELS.config };
}

function textsOf(value: ConfigValue): readonly string[] {
  if (typeof value !== 'object') return [String(value)];
  return isList(value) ? value : Object.entries(value).map(([name, item]) => `${name}=${item}`);
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value);
}
