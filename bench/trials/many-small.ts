import { createHash, randomBytes, randomInt } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from '../../lib/values/median.ts';
import type { Command } from '../measuring/measure.ts';
import { table } from '../report/tables.ts';
import type { Trial } from './trial.ts';
import { costCells, MIB } from './trial.ts';

const COUNT = 10_000;
const LARGEST_BYTES = 64 * 1024;
const ROUNDS = 3;
const CONNECTIONS = 16;

interface SmallFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

type Tool = (given: {
  readonly list: string;
  readonly base: string;
  readonly out: string;
  readonly own: string;
}) => Promise<Command>;

/** A list of small files into a folder: `piecework batch` beside what others do with lists, taking turns. */
export const manySmall: Trial = async ({ origin, binary, measurer, folder, say }) => {
  const files = await makeFiles(join(origin.nginx.folder, 'small'));
  const base = `${origin.nginx.http}small/`;
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const tools = toolsFor(binary, files);
  const runs = new Map<string, { wallMs: number; cells: string[] }[]>(Object.keys(tools).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, command] of Object.entries(tools)) {
      const own = await mkdtemp(join(folder, 'piecework-small-'));
      try {
        const out = join(own, 'out');
        await mkdir(out);
        const list = join(own, 'urls.txt');
        await writeFile(list, files.map((file) => `${base}${file.name}\n`).join(''));
        const cost = await measurer.run(await command({ list, base, out, own }));
        await checkFiles(out, files);
        const cells = costCells(totalBytes, cost);
        runs.get(name)?.push({ wallMs: cost.wallMs, cells });
        say(`${name}  ${cells.join('  ')}`);
      } finally {
        await rm(own, { recursive: true, force: true });
      }
    }
  }
  const rows = [...runs].map(([name, costs]) => {
    const ms = median(costs.map(({ wallMs }) => wallMs));
    return { name, ms, cells: costs.find(({ wallMs }) => wallMs === ms)?.cells ?? [] };
  });
  const ours = rows[0]?.ms ?? 0;
  const headers = ['tool', 'wall s', 'MiB/s', 'CPU s', 'peak RSS MiB', 'ours ÷ it'];
  const cells = rows.map((row) => [row.name, ...row.cells, (ours / row.ms).toFixed(2)]);
  return `${COUNT} files of up to ${LARGEST_BYTES / 1024} KiB, ${(totalBytes / MIB).toFixed(0)} MiB, ${CONNECTIONS} connections, ${ROUNDS} rounds; each SHA-256 equal\n\n${table(headers, cells)}`;
};

async function makeFiles(folder: string): Promise<readonly SmallFile[]> {
  await mkdir(folder, { recursive: true });
  const files: SmallFile[] = [];
  for (let index = 0; index < COUNT; index += 1) {
    const bytes = randomBytes(randomInt(LARGEST_BYTES));
    const name = `${String(index).padStart(5, '0')}.bin`;
    await writeFile(join(folder, name), bytes);
    files.push({ name, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return files;
}

async function checkFiles(out: string, files: readonly SmallFile[]): Promise<void> {
  for (const { name, sha256 } of files) {
    const digest = createHash('sha256')
      .update(await readFile(join(out, name)))
      .digest('hex');
    if (digest !== sha256) throw new Error(`${name} is not what was sent`);
  }
}

function toolsFor(binary: string, files: readonly SmallFile[]): Readonly<Record<string, Tool>> {
  const places = String(CONNECTIONS);
  return {
    'piecework batch': async ({ list, out, own }) => ({
      program: process.execPath,
      args: [binary, 'batch', list, out, '--parallel', places, '--quiet', '--state-dir', join(own, 'state')],
      environment: { HOME: own },
    }),
    'aria2c -i': async ({ list, out }) => ({ program: 'aria2c', args: ['-q', '-j', places, '-d', out, '-i', list] }),
    'curl --parallel': async ({ base, out, own }) => {
      const config = join(own, 'curl.txt');
      const entries = files.map(({ name }) => `url = "${base}${name}"\noutput = "${join(out, name)}"\n`);
      await writeFile(config, entries.join(''));
      return { program: 'curl', args: ['-s', '--parallel', '--parallel-max', places, '--config', config] };
    },
    'rclone copy --files-from': async ({ base, out, own }) => {
      const names = join(own, 'names.txt');
      await writeFile(names, files.map(({ name }) => `${name}\n`).join(''));
      const from = [':http:', out, '--http-url', base, '--files-from', names, '--no-traverse'];
      return {
        program: 'rclone',
        args: ['copy', ...from, '--transfers', places, '--checkers', places],
        environment: { HOME: own },
      };
    },
  };
}
