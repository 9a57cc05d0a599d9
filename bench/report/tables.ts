import { execFile } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { formatBytes } from '../../lib/values/units.ts';
import type { Versions } from '../tools/versions.ts';

/** In Markdown; all columns but the first are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** The machine, what ran on it, and how it was measured. */
export function machineLine(versions: Versions, servers: readonly string[], how: string): string {
  const all = cpus();
  const tools = [...versions].map(([name, version]) => `${name} ${version.replace(/^v/, '')}`);
  return (
    `${all.length} cores (${all[0]?.model.trim() ?? 'unknown'}), ${formatBytes(totalmem())} memory, ` +
    `${type()} ${release()}, loopback only; ${[...tools, ...servers].join(', ')}; measured with ${how}`
  );
}

export async function commitOfCheckout(): Promise<string> {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const git = async (...args: string[]) => (await promisify(execFile)('git', args, { cwd })).stdout.trim();
  try {
    const changed = await git('status', '--porcelain', '--', 'lib', 'cli', 'bin', 'scripts', 'package-lock.json');
    return `${await git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' and changes'}`;
  } catch {
    return 'unknown';
  }
}
