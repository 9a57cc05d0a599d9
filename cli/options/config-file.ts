import { homedir } from 'node:os';
import { join } from 'node:path';
import { readOrdinarySync, USER_FILE } from '../../lib/disk/ordinary-file.ts';
import { systemReason } from '../../lib/disk/user-file.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { ConfigFile } from './config-shape.ts';

/** Where the config file is looked for unless one is named. */
export function defaultConfigPath(environment: NodeJS.ProcessEnv): string {
  return join(environment['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'piecework', 'config.json');
}

/**
 * @param mayBeMissing for the default path, which was not asked for
 * @throws PieceworkError `InvalidConfig`. No message shows what stands in the file: it may be a secret.
 */
export async function readConfigFile(path: string, mayBeMissing: boolean): Promise<ConfigFile> {
  const text = readText(path, mayBeMissing);
  if (text === undefined) return {};
  const parsed = parseJson(text);
  if ('notJson' in parsed) {
    throw new PieceworkError('InvalidConfig', `the config file ${path} is not JSON${parsed.notJson}`);
  }
  // Loaded only where there is a file: the schema library is most of the time that a start takes.
  const { checkShape } = await import('./config-shape.ts');
  return checkShape(parsed.json, path);
}

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
