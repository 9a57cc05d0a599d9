import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PEERS, PIECEWORK } from './tools.ts';

/** Programs that were found, by name, with their versions. */
export type Versions = ReadonlyMap<string, string>;

export async function findVersions(): Promise<Versions> {
  const versions = new Map<string, string>();
  for (const program of new Set([PIECEWORK, ...PEERS].flatMap(({ programs }) => programs))) {
    const version = program === 'node' ? process.version : await versionOf(program);
    if (version !== undefined) versions.set(program, version);
  }
  return versions;
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [program === 'ssh' ? '-V' : '--version']);
    return /\d+\.\d[\w.-]*/.exec(stdout + stderr)?.[0] ?? 'unknown version';
  } catch {
    return undefined;
  }
}
