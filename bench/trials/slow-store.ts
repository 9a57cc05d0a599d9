import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { patternBytes } from '../../test/support/pattern.ts';
import { table } from '../report.ts';
import { startServerProcess } from '../servers/server-process.ts';
import type { Store } from '../servers/servers.ts';
import { slowStore } from '../servers/servers.ts';
import type { Trial } from './trial.ts';
import { costCells } from './trial.ts';

const SOURCE = new URL('../servers/few-places-process.ts', import.meta.url);
const COUNT = 5_000;
const SIZE_BYTES = 4 * 1024;
const PLACES = 10;
const SOURCE_DELAY_MS = 20;
const PUT_DELAY_MS = 300;
/** Of all files, so many are read back. */
const LOOKED_AT = 50;

const NAMES = Array.from({ length: COUNT }, (_, index) => `${String(index).padStart(4, '0')}.bin`);

/** A source of few places and a store of slow puts: whether reading waits for writing. */
export const slowStoreTrial: Trial = async ({ binary, measurer, folder, say }) => {
  await using store = await slowStore(PUT_DELAY_MS);
  await using source = await startServerProcess(SOURCE, PLACES, SOURCE_DELAY_MS, SIZE_BYTES);
  const base = `http://127.0.0.1:${source.line}/`;
  const own = await mkdtemp(join(folder, 'piecework-slow-store-'));
  try {
    const urls = join(own, 'urls.txt');
    const names = join(own, 'names.txt');
    await writeFile(urls, NAMES.map((name) => `${base}${name}\n`).join(''));
    await writeFile(names, NAMES.map((name) => `${name}\n`).join(''));
    const places = String(PLACES);
    const environment = { HOME: own, ...store.environment };
    const ours = ['batch', urls, `s3://${store.bucket}/ours/`, '--parallel', places, '--quiet', '--skip-report'];
    const theirs = ['copy', ':http:', `:s3:${store.bucket}/rclone`, '--http-url', base, '--files-from', names];
    const s3 = ['--s3-provider', 'Other', '--s3-env-auth', '--s3-endpoint', store.endpoint, '--s3-no-check-bucket'];
    const runs = [
      { name: 'piecework batch', prefix: 'ours/', program: process.execPath, args: [binary, ...ours] },
      {
        name: `rclone --transfers ${places}`,
        prefix: 'rclone/',
        program: 'rclone',
        args: [...theirs, ...s3, '--no-traverse', '--transfers', places],
      },
    ];
    const rows: { readonly name: string; readonly wallMs: number; readonly cells: string[] }[] = [];
    for (const { name, prefix, program, args } of runs) {
      const cost = await measurer.run({ program, args, environment });
      await checkSome(store, prefix);
      const cells = costCells(COUNT * SIZE_BYTES, cost);
      rows.push({ name, wallMs: cost.wallMs, cells });
      say(`${name}  ${cells.join('  ')}`);
    }
    const first = rows[0]?.wallMs ?? 0;
    const cells = rows.map((row) => [row.name, ...row.cells, (row.wallMs / first).toFixed(1)]);
    const headers = ['tool', 'wall s', 'MiB/s', 'CPU s', 'peak RSS MiB', 'it ÷ ours'];
    return `${COUNT} files of ${SIZE_BYTES / 1024} KiB, a source of ${PLACES} places and ${SOURCE_DELAY_MS} ms, a store with ${PUT_DELAY_MS} ms a PUT\n\n${table(headers, cells)}`;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
};

async function checkSome(store: Store, prefix: string): Promise<void> {
  for (let index = 0; index < COUNT; index += COUNT / LOOKED_AT) {
    const name = NAMES[index] ?? '';
    const sent = createHash('sha256')
      .update(Buffer.alloc(SIZE_BYTES, patternBytes(index, 64)))
      .digest('hex');
    if ((await store.sha256(`${prefix}${name}`)) !== sent) throw new Error(`${name} is not what was sent`);
  }
}
