import { formatDollars } from '../../cli/output/cost.ts';
import { USUAL_WORKERS } from '../../lib/aws/names.ts';
import { costOf } from '../../lib/transfer/cost/cost.ts';
import { expectedUsage } from '../../lib/transfer/cost/expected-usage.ts';
import { MadeTables, unpadded } from './made-tables.ts';

// The dollars in docs/scale.md, made from the model that `piecework plan` uses; a test holds that model to what is
// counted. `node test/support/cost-rows.ts` writes them anew (then format the file); a test says when that is needed.

const DOCS = new MadeTables('docs/scale.md', 'test/support/cost-rows.ts');
const MIB = 1024 ** 2;
const TIB = 1024 ** 4;
const PIECES_MIB = [8, 16, 64, 256] as const;
const PLACES = [8, 16, 64, 256] as const;
const RATES_MIB = [1, 4, 8, 32] as const;
/** Enough fetchers for all places. */
const WORKERS = { ...USUAL_WORKERS, maxFetchers: 64 };

interface Transfer {
  readonly pieceMib: number;
  readonly places: number;
  readonly rateMib: number;
  readonly memoryMiB?: number;
}

/** What a TiB of it costs: of many transfers where one can't have so many pieces. */
function costOfTib({ pieceMib, places, rateMib, memoryMiB = WORKERS.fetcherMemoryMiB }: Transfer) {
  const pieceSizeBytes = pieceMib * MIB;
  const pieceCount = Math.min(10_000, TIB / pieceSizeBytes);
  const sizeBytes = pieceCount * pieceSizeBytes;
  const usage = expectedUsage(
    { mode: 'pieces', sizeBytes, pieceSizeBytes, pieceCount },
    { workers: { ...WORKERS, fetcherMemoryMiB: memoryMiB }, places, bytesPerSecond: rateMib * MIB },
  );
  const many = Object.fromEntries(Object.entries(usage).map(([kind, number]) => [kind, (number * TIB) / sizeBytes]));
  return costOf(many as unknown as typeof usage);
}

/** A plan has no pieces that take a connection longer than half of the time-out. */
function isPlanned({ pieceMib, rateMib }: Transfer): boolean {
  return pieceMib / rateMib <= WORKERS.pieceTimeoutSeconds / 2;
}

function dollars(transfer: Transfer): string {
  return isPlanned(transfer) ? formatDollars(costOfTib(transfer).dollars) : '–';
}

export function costTables(): Readonly<Record<string, string>> {
  const rates = RATES_MIB.map((rate) => `${rate} MiB/s`);
  const byPieces = PIECES_MIB.flatMap((pieceMib) =>
    PLACES.map((places) => [
      `${pieceMib} MiB`,
      places,
      ...RATES_MIB.map((rateMib) => dollars({ pieceMib, places, rateMib })),
    ]),
  );
  const byMemory = [512, 1024, 2048].map((memoryMiB) => [
    `${memoryMiB} MiB`,
    ...RATES_MIB.map((rateMib) => dollars({ pieceMib: 16, places: 16, rateMib, memoryMiB })),
  ]);
  const items = costOfTib({ pieceMib: 16, places: 16, rateMib: 8 }).items.filter(({ dollars: some }) => some >= 0.001);
  return {
    dollars: table(['piece', 'places', ...rates], byPieces),
    memory: table(['fetcher', ...rates], byMemory),
    items: table(
      ['item', 'quantity', 'dollars'],
      items.map(({ item, quantity, unit, dollars: some }) => [
        `\`${item}\``,
        `${Math.round(quantity).toLocaleString('en-US')} ${unit}`,
        formatDollars(some),
      ]),
    ),
  };
}

function table(heading: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}

/** As they stand in the docs, without what the formatter put into them. */
export function documentedCosts(): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(DOCS.read()).map(([name, rows]) => [name, unpadded(rows)]));
}

if (import.meta.main) DOCS.write(costTables());
