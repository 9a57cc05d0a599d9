import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from '../../lib/values/median.ts';
import { patternBytes } from '../../test/support/pattern.ts';
import type { Cost } from '../measuring/measure.ts';
import { table } from '../report/tables.ts';
import { startServerProcess } from '../servers/server-process.ts';
import type { Store } from '../servers/servers.ts';
import { slowStore } from '../servers/servers.ts';
import type { Trial, TrialOptions } from './trial.ts';
import { costCells } from './trial.ts';

interface Shape {
  readonly count: number;
  /** Connections that the source bears, which both tools are given. */
  readonly places: number;
  readonly sourceDelayMs: number;
  readonly rounds: number;
  /** What is said of the store. */
  readonly said: string;
  open(options: TrialOptions): Promise<Store>;
}

const SIZE_BYTES = 4 * 1024;
const PUT_DELAY_MS = 300;
const SOURCE = new URL('../servers/few-places-process.ts', import.meta.url);
/** Of all files, so many are read back. */
const LOOKED_AT = 50;

/** A source of few places and a store of slow puts: whether reading waits for writing. */
export const slowStoreTrial: Trial = (options) =>
  bringMany(
    {
      count: 5_000,
      places: 10,
      sourceDelayMs: 20,
      rounds: 1,
      said: `a store with ${PUT_DELAY_MS} ms a PUT`,
      open: () => slowStore(PUT_DELAY_MS),
    },
    options,
  );

/** A list of small files into a store that is as fast as the machine. */
export const smallToStoreTrial: Trial = (options) =>
  bringMany(
    {
      count: 10_000,
      places: 16,
      sourceDelayMs: 0,
      rounds: 3,
      said: 'a store on loopback',
      open: ({ openStore }) => openStore(),
    },
    options,
  );

/** `piecework batch` and rclone, taking turns. */
async function bringMany(shape: Shape, options: TrialOptions): Promise<string> {
  const { count, places, sourceDelayMs, rounds, said } = shape;
  const { measurer, folder, say } = options;
  const names = Array.from({ length: count }, (_, index) => `${String(index).padStart(5, '0')}.bin`);
  await using store = await shape.open(options);
  await using source = await startServerProcess(SOURCE, places, sourceDelayMs, SIZE_BYTES);
  const base = `http://127.0.0.1:${source.line}/`;
  const own = await mkdtemp(join(folder, 'piecework-to-store-'));
  try {
    const lists = { urls: join(own, 'urls.txt'), names: join(own, 'names.txt') };
    await writeFile(lists.urls, names.map((name) => `${base}${name}\n`).join(''));
    await writeFile(lists.names, names.map((name) => `${name}\n`).join(''));
    const tools = toolsFor(options.binary, { store, base, lists, places });
    const environment = { HOME: own, ...store.environment };
    const costs = new Map<string, Cost[]>(tools.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, program, argsTo } of tools) {
        const prefix = `${name.split(' ')[0]}-${round}/`;
        const cost = await measurer.run({ program, args: argsTo(prefix), environment });
        await checkSome(store, prefix, names);
        costs.get(name)?.push(cost);
        say(`${name}  ${costCells(count * SIZE_BYTES, cost).join('  ')}`);
      }
    }
    const rows = [...costs].map(([name, all]) => ({ name, cost: middleOf(all) }));
    const first = rows[0]?.cost?.wallMs ?? 0;
    const cells = rows.flatMap(({ name, cost }) =>
      cost === undefined ? [] : [[name, ...costCells(count * SIZE_BYTES, cost), (cost.wallMs / first).toFixed(1)]],
    );
    const headers = ['tool', 'wall s', 'MiB/s', 'CPU s', 'peak RSS MiB', 'it ÷ ours'];
    const shown = `${count} files of ${SIZE_BYTES / 1024} KiB, a source of ${places} places and ${sourceDelayMs} ms, ${said}, rounds: ${rounds}`;
    return `${shown}\n\n${table(headers, cells)}`;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

interface ToolToStore {
  readonly name: string;
  readonly program: string;
  argsTo(prefix: string): readonly string[];
}

function toolsFor(
  binary: string,
  to: {
    readonly store: Store;
    readonly base: string;
    readonly lists: { readonly urls: string; readonly names: string };
    readonly places: number;
  },
): readonly ToolToStore[] {
  const { store, base, lists } = to;
  const places = String(to.places);
  const s3 = ['--s3-provider', 'Other', '--s3-env-auth', '--s3-endpoint', store.endpoint, '--s3-no-check-bucket'];
  const from = ['--http-url', base, '--files-from', lists.names, '--no-traverse', '--transfers', places];
  return [
    {
      name: 'piecework batch',
      program: process.execPath,
      argsTo: (prefix) => [
        ...[binary, 'batch', lists.urls, `s3://${store.bucket}/${prefix}`],
        ...['--parallel', places, '--quiet', '--skip-report'],
      ],
    },
    {
      name: `rclone --transfers ${places}`,
      program: 'rclone',
      argsTo: (prefix) => ['copy', ':http:', `:s3:${store.bucket}/${prefix}`, ...from, ...s3],
    },
  ];
}

/** The one in the middle by its wall time. */
function middleOf(costs: readonly Cost[]): Cost | undefined {
  const ms = median(costs.map(({ wallMs }) => wallMs));
  return costs.find(({ wallMs }) => wallMs === ms);
}

async function checkSome(store: Store, prefix: string, names: readonly string[]): Promise<void> {
  for (let index = 0; index < names.length; index += names.length / LOOKED_AT) {
    const name = names[index] ?? '';
    const sent = createHash('sha256')
      .update(Buffer.alloc(SIZE_BYTES, patternBytes(index, 64)))
      .digest('hex');
    if ((await store.sha256(`${prefix}${name}`)) !== sent) throw new Error(`${name} is not what was sent`);
  }
}
