import type { Cost, CostItem, PlanCost, Usage } from '../../lib/index.ts';
import { costOf } from '../../lib/transfer/cost/cost.ts';
import { formatBytes, formatDuration } from '../../lib/values/units.ts';
import { count, facts } from './text.ts';

const ITEMS: Readonly<Record<CostItem['item'], string>> = {
  s3Writes: 'S3 writes',
  s3Reads: 'S3 reads',
  queueRequests: 'SQS',
  functionRuns: 'Lambda runs',
  gbSeconds: 'Lambda time',
  events: 'EventBridge',
  apiRequests: 'API',
  nat: 'NAT gateway',
  egress: 'egress',
};

const TIB = 1024 ** 4;
/** Of less, a price for a TiB says nothing: what each transfer asks would be most of it. */
const LEAST_BYTES = 1024 ** 3;

/** `$1.06`; below a cent two digits, `$0.0053`. */
export function formatDollars(dollars: number): string {
  if (dollars >= 0.995 || dollars === 0) return `$${dollars.toFixed(2)}`;
  if (dollars >= 0.01) return `$${Number(dollars.toPrecision(2)).toFixed(2)}`;
  return `$${Number(dollars.toPrecision(2)).toFixed(Math.min(12, 1 - Math.floor(Math.log10(dollars))))}`;
}

/** How long a plan takes and what it costs, as `name: value` lines have it. */
export function costFacts(
  { cost, places, bytesPerSecond, seconds }: PlanCost,
  { sizeBytes, isMeasured, isVerbose }: { sizeBytes: number | undefined; isMeasured: boolean; isVerbose: boolean },
): Parameters<typeof facts>[0] {
  const { dollars, prices } = cost;
  const whose = isMeasured ? '' : ', which is assumed: --rate gives another';
  const perTib =
    sizeBytes !== undefined && sizeBytes >= LEAST_BYTES
      ? `, ${formatDollars((dollars * TIB) / sizeBytes)} per TiB`
      : '';
  const besides = seconds === undefined ? ', and what the bytes cost, whose number is unknown' : '';
  return [
    ['takes', seconds === undefined ? undefined : `about ${formatDuration(seconds * 1000)}`],
    ['by', `${count(places, 'connection')} at ${formatBytes(bytesPerSecond)}/s each${whose}`],
    ['costs', `about ${formatDollars(dollars)}${perTib}${besides} (list prices of ${prices.region}, ${prices.asOf})`],
    ...(isVerbose ? costItems(cost).map((line) => ['', line] as const) : []),
    ['not counted', cost.notIncluded.join('; ')],
  ];
}

/** What a transfer has used, and about what that costs. */
export function usedText(usage: Usage): string {
  const { s3Writes, s3Reads, queueRequests, functionRuns, gbSeconds, bytes } = usage;
  return [
    `about ${formatDollars(costOf(usage).dollars)}: ${count(s3Writes, 'S3 write')}`,
    count(s3Reads, 'read'),
    count(queueRequests, 'SQS request'),
    `${count(functionRuns, 'run')} of functions (${gbSeconds} GB-s)`,
    formatBytes(bytes),
  ].join(', ');
}

/** One line for each item, under each other. */
function costItems({ items }: Cost): readonly string[] {
  return facts(
    items.map(({ item, quantity, unit, dollars }) => [
      ITEMS[item],
      `${formatDollars(dollars)} for ${amount(quantity)} ${quantity === 1 ? unit.replace(/s$/, '') : unit}`,
    ]),
  );
}

function amount(quantity: number): string {
  return quantity < 10 && !Number.isInteger(quantity)
    ? String(Number(quantity.toPrecision(2)))
    : Math.round(quantity).toLocaleString('en-US');
}
