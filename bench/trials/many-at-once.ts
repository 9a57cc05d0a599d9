import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { median } from '../../lib/values/median.ts';
import { table } from '../report/tables.ts';
import { sha256OfFile } from '../servers/servers.ts';
import type { Trial } from './trial.ts';
import { costCells, MIB } from './trial.ts';

const COUNT = 500;
const ROUNDS = 3;
/** `running` of the home; undefined = its default. */
const WAYS = [undefined, 1, 4, 16, 32, 64];
const CHILD = fileURLToPath(new URL('many-at-once-child.js', import.meta.url));

/** Many small files at once through one `openLocal`, beside fixed numbers of transfers side by side, taking turns. */
export const manyAtOnce: Trial = async ({ origin, binary, measurer, folder, sizeBytes = 5 * MIB, say }) => {
  const file = await origin.file(sizeBytes);
  const { url } = await origin.entrance('http', file);
  const runs = new Map<number | undefined, { wallMs: number; cells: string[] }[]>(WAYS.map((way) => [way, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [running, costs] of runs) {
      const own = await mkdtemp(join(folder, 'piecework-many-'));
      try {
        const request = { url, count: COUNT, folder: own, ...(running === undefined ? {} : { running }) };
        const cost = await measurer.run({
          program: process.execPath,
          args: ['--no-warnings', CHILD, libraryBeside(binary), JSON.stringify(request)],
        });
        for (let index = 0; index < COUNT; index += 1)
          if ((await sha256OfFile(join(own, 'out', `${index}.bin`))) !== file.sha256)
            throw new Error(`${index}.bin is not what was sent`);
        const cells = costCells(sizeBytes * COUNT, cost);
        costs.push({ wallMs: cost.wallMs, cells });
        say(`${running ?? 'default'}  ${cells.join('  ')}`);
      } finally {
        await rm(own, { recursive: true, force: true });
      }
    }
  }
  const medians = [...runs].map(([running, costs]) => {
    const ms = median(costs.map(({ wallMs }) => wallMs));
    return { running, ms, cells: costs.find(({ wallMs }) => wallMs === ms)?.cells ?? [] };
  });
  const best = Math.min(...medians.map(({ ms }) => ms));
  return `${COUNT} files of ${sizeBytes / MIB} MiB at once over HTTP to files, ${ROUNDS} rounds; each SHA-256 equal\n\n${table(
    ['side by side', 'wall s', 'MiB/s', 'CPU s', 'peak RSS MiB', '× best'],
    medians.map(({ running, ms, cells }) => [String(running ?? 'default'), ...cells, (ms / best).toFixed(2)]),
  )}`;
};

/** The library of the package, or of the checkout, whose script this is. */
function libraryBeside(binary: string): string {
  const root = dirname(dirname(binary));
  const isCheckout = root === dirname(dirname(dirname(CHILD)));
  return pathToFileURL(join(root, isCheckout ? 'lib/index.ts' : 'dist/lib/index.js')).href;
}
