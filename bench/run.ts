import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { parseBytes } from '../lib/values/units.ts';
import type { Case } from './compare.ts';
import { compare } from './compare.ts';
import { findMeasurer } from './measure.ts';
import type { Piecework } from './package.ts';
import { buildPackage, fromSources } from './package.ts';
import { caseTable, machineLine, writeResults } from './report.ts';
import { SOURCE_NAMES, startBenchOrigin } from './servers/origin.ts';
import type { Store } from './servers/servers.ts';
import { findStore, STORES } from './servers/servers.ts';
import { TRIALS } from './trials/trials.ts';
import { findVersions } from './versions.ts';

const HELP = `npm run bench [-- OPTIONS]: Piecework beside the other tools that this machine has.

  --size SIZE      of what is copied (default 256MiB); a quarter of it from a server limited per connection
  --rounds N       (default 3)
  --only NAMES     cases whose names begin with one of these, separated by commas: http-, https-, limited-, ftp-,
                   ftp-limited-, sftp-, sftp-limited-, each with file or s3 behind it
  --store NAME     versitygw or double (default: versitygw where it is installed)
  --folder FOLDER  where files go (default: the system's for temporary files)
  --sources        Piecework as it stands in the checkout, not as packaged
  --quick          32MiB, one round: only whether it works
  --write          put the results into bench/README.md (default: on, unless --quick, --only or --size is given)
  --trial NAME     in place of the comparison: ${Object.keys(TRIALS).join(', ')}
`;

const { values } = parseArgs({
  options: {
    size: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    store: { type: 'string' },
    folder: { type: 'string', default: tmpdir() },
    sources: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean' },
    trial: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowNegative: true,
});

if (values.help) console.log(HELP);
else if (values.trial === undefined) await runComparison();
else await runTrial(values.trial);

async function runComparison(): Promise<void> {
  const sizeBytes = sizeOr(values.quick ? '32MiB' : '256MiB');
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds wants a whole number from 1');
  const measurer = await findMeasurer();
  const versions = await findVersions();
  await using piecework = await openPiecework();
  await using origin = await startBenchOrigin();
  await using store = await openStore();
  const wanted = values.only?.split(',') ?? [''];
  const cases = casesOf(sizeBytes, store).filter(({ name }) => wanted.some((part) => name.startsWith(part)));
  const say = (line: string) => console.error(line);
  const machine = await machineLine(versions, [origin.nginx.version, store.name], measurer.how);
  const parts = [
    `${machine}\n- Piecework ${piecework.what}; medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`,
  ];
  console.log(`${parts[0]}\n`);
  for (const what of cases) {
    const result = await compare(what, {
      origin,
      measurer,
      versions,
      binary: piecework.binary,
      folder: values.folder,
      rounds,
      say,
    });
    const text = caseTable(result);
    console.log(`${text}\n`);
    parts.push(text);
  }
  const isWhole = !values.quick && values.only === undefined && values.size === undefined;
  if (values.write ?? isWhole) await writeResults(parts.join('\n\n'));
}

function casesOf(sizeBytes: number, store: Store): Case[] {
  const quarter = Math.max(1, Math.floor(sizeBytes / 4));
  return [undefined, store].flatMap((to) =>
    SOURCE_NAMES.map((from): Case => {
      const size = from.endsWith('limited') ? { connections: 16, sizeBytes: quarter } : { connections: 8, sizeBytes };
      return { name: `${from}-${to === undefined ? 'file' : 's3'}`, from, store: to, ...size };
    }),
  );
}

async function runTrial(name: string): Promise<void> {
  const trial = TRIALS[name];
  if (trial === undefined) throw new Error(`there is no trial ${name}: ${Object.keys(TRIALS).join(', ')}`);
  await using piecework = await openPiecework();
  await using origin = await startBenchOrigin();
  const measurer = await findMeasurer();
  const text = await trial({
    origin,
    binary: piecework.binary,
    measurer,
    openStore,
    folder: values.folder,
    sizeBytes: values.size === undefined ? undefined : sizeOr(''),
    say: (line) => console.error(line),
  });
  console.log(`\n${text}\n\nPiecework ${piecework.what}; measured with ${measurer.how}`);
}

async function openPiecework(): Promise<Piecework> {
  return values.sources ? fromSources() : await buildPackage();
}

async function openStore(): Promise<Store> {
  const names = STORES.filter((name) => values.store === undefined || values.store === name);
  for (const name of names) {
    const start = await findStore(name);
    if (start !== undefined) return await start();
  }
  throw new Error(`no store ${values.store ?? ''} on this machine; known: ${STORES.join(', ')}`);
}

function sizeOr(standard: string): number {
  const size = parseBytes(values.size ?? standard);
  if (size === undefined) throw new Error(`${values.size} is not a size, such as 256MiB`);
  return size;
}
