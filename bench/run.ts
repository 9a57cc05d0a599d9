import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { parseBytes } from '../lib/values/units.ts';
import type { Cell } from './cells/cell.ts';
import { cellsFor } from './cells/cells.ts';
import { findMeasurer } from './measuring/measure.ts';
import { measureCell } from './measuring/measure-cell.ts';
import type { Piecework } from './package.ts';
import { buildPackage, fromSources } from './package.ts';
import { cellTable } from './report/cell-tables.ts';
import { PANELS } from './report/chart.ts';
import { keepResult, readResults } from './report/results.ts';
import { commitOfCheckout, machineLine } from './report/tables.ts';
import { writeReport } from './report/write.ts';
import { startBenchOrigin } from './servers/origin.ts';
import type { Store } from './servers/servers.ts';
import { findStore, openStores, REAL_STORES, STORES } from './servers/servers.ts';
import { findVersions } from './tools/versions.ts';
import { TRIALS } from './trials/trials.ts';

const HELP = `npm run bench [-- OPTIONS]: Piecework beside the other tools that this machine has.

  --goals              only cells that have a goal or a bar in the chart: about 12 minutes on two cores
  --only NAMES         cells whose names begin with one of these, separated by commas; --list names them all
  --rounds N           (default 5)
  --most-foreign N     percent of the machine that others may use during a run; else it is run again (default 10)
  --tries N            of such a run, the first one counted (default 4); of them the calmest one counts
  --resume             leave out cells that were measured at this commit
  --folder FOLDER      where files go (default: the system's for temporary files)
  --sources            Piecework as it stands in the checkout, not as packaged
  --quick              one round, no run again, 64 MiB at most: only whether it works; nothing is written
  --no-write           do not keep the results (default: bench/results, and the tables of bench/README.md)
  --report             measure nothing: only write tables and charts of the results that were kept
  --list               print the names of all cells
  --trial NAME         in place of the comparison: ${Object.keys(TRIALS).join(', ')}
  --size SIZE          of what a trial copies
  --store NAME         of a trial: ${STORES.join(', ')} (default: the first of them that is here)
`;

const QUICK_BYTES = 64 * 1024 ** 2;

const { values } = parseArgs({
  options: {
    goals: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    'most-foreign': { type: 'string', default: '10' },
    tries: { type: 'string', default: '4' },
    resume: { type: 'boolean', default: false },
    folder: { type: 'string', default: tmpdir() },
    sources: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: true },
    report: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    trial: { type: 'string' },
    size: { type: 'string' },
    store: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
const say = (line: string): void => console.error(line);

if (values.help) console.log(HELP);
else if (values.report) await writeReport(cellsFor(REAL_STORES));
else if (values.list) for (const { name } of cellsFor(REAL_STORES)) console.log(name);
else if (values.trial === undefined) await runCells();
else await runTrial(values.trial);

async function runCells(): Promise<void> {
  const rounds = wholeNumber('rounds');
  const tries = wholeNumber('tries');
  const measurer = await findMeasurer();
  const versions = await findVersions();
  const commit = await commitOfCheckout();
  await using piecework = await openPiecework();
  await using origin = await startBenchOrigin();
  await using stores = await openStores();
  const cells = await chosen(cellsFor(stores.names), commit);
  if (cells.length === 0) say('No cell is left to be measured; --list names them all.');
  const machine = machineLine(versions, [origin.nginx.version, ...stores.names], measurer.how);
  const mayWrite = values.write && !values.quick;
  say(`${cells.length} cells; Piecework ${piecework.what}, commit ${commit}`);
  for (const cell of cells) {
    const tools = await measureCell(cell, {
      origin,
      storeOf: stores.open,
      measurer,
      versions,
      binary: piecework.binary,
      folder: values.folder,
      rounds: values.quick ? 1 : rounds,
      mostForeignShare: wholeNumber('most-foreign') / 100,
      mostTries: values.quick ? 1 : tries,
      say,
    });
    const result = { measuredAt: new Date().toISOString().slice(0, 10), commit, machine, tools };
    console.log(`${cellTable(cell, result)}\n`);
    if (mayWrite) {
      await keepResult(cell.name, result);
      await writeReport(cellsFor(REAL_STORES));
    }
  }
}

async function chosen(all: readonly Cell[], commit: string): Promise<readonly Cell[]> {
  const known = values.resume ? await readResults() : {};
  const isWanted = ({ name, goals }: Cell) =>
    (!values.goals || goals !== undefined || isDrawn(name)) &&
    values.only.split(',').some((beginning) => name.startsWith(beginning)) &&
    known[name]?.commit !== commit;
  return all.filter(isWanted).map((cell) => (values.quick ? smaller(cell) : cell));
}

function isDrawn(name: string): boolean {
  return PANELS.some(({ cells }) => cells.includes(name));
}

function smaller({ transfer, ...cell }: Cell): Cell {
  if (transfer === undefined) return cell;
  return { ...cell, transfer: { ...transfer, sizeBytes: Math.min(transfer.sizeBytes, QUICK_BYTES) } };
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
    openStore: openTrialStore,
    folder: values.folder,
    sizeBytes: values.size === undefined ? undefined : sizeOf(values.size),
    say,
  });
  console.log(`\n${text}\n\nPiecework ${piecework.what}; measured with ${measurer.how}`);
}

async function openTrialStore(): Promise<Store> {
  const names = STORES.filter((name) => values.store === undefined || values.store === name);
  for (const name of names) {
    const start = await findStore(name);
    if (start !== undefined) return await start();
  }
  throw new Error(`no store ${values.store ?? ''} on this machine; known: ${STORES.join(', ')}`);
}

async function openPiecework(): Promise<Piecework> {
  return values.sources ? fromSources() : await buildPackage();
}

function wholeNumber(option: 'rounds' | 'tries' | 'most-foreign'): number {
  const number = Number(values[option]);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new Error(`--${option} wants a whole number from 1`);
}

function sizeOf(text: string): number {
  const size = parseBytes(text);
  if (size === undefined) throw new Error(`${text} is not a size, such as 256MiB`);
  return size;
}
