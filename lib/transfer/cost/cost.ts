import { NOTIFICATION_USAGE } from './notification.ts';
import type { Architecture, Egress } from './prices.ts';
import { PRICES } from './prices.ts';
import type { Usage } from './usage.ts';

/** What is paid for: kinds of usage, and ways that the bytes take. */
export const COST_KINDS = [
  's3Writes',
  's3Reads',
  'queueRequests',
  'functionRuns',
  'gbSeconds',
  'events',
  'apiRequests',
  'nat',
  'egress',
] as const satisfies readonly (Exclude<keyof Usage, 'bytes'> | 'nat' | 'egress')[];
export type CostKind = (typeof COST_KINDS)[number];

export interface CostItem {
  readonly item: CostKind;
  /** Of what `unit` says. */
  readonly quantity: number;
  readonly unit: 'requests' | 'runs' | 'GB-seconds' | 'events' | 'GiB';
  readonly dollars: number;
}

/** In US dollars, by list prices of one Region. */
export interface Cost {
  readonly dollars: number;
  /** Those that cost anything, the dearest first. */
  readonly items: readonly CostItem[];
  /** For people: what may be paid besides. */
  readonly notIncluded: readonly string[];
  readonly prices: { readonly region: string; readonly asOf: string };
}

/** What makes a difference besides the usage. */
export interface CostSettings {
  readonly architecture?: Architecture;
  /** The functions are in a VPC, and ask the source through a NAT gateway. @default false */
  readonly nat?: boolean;
  /** The bytes leave the Region for their destination. @default they stay in it, which is free */
  readonly egress?: Egress;
}

const GIB = 1024 ** 3;

/** What that usage costs. */
export function costOf(usage: Usage, settings: CostSettings = {}): Cost {
  const { architecture = 'arm64', nat = false, egress } = settings;
  const items = itemsOf(usage, { architecture, nat, egress });
  return {
    dollars: sumOf(items),
    items,
    notIncluded: [
      'storage, logs, metrics, KMS, and what the deployment costs while it is idle',
      `who is notified of its end (about $${notificationDollars(architecture).toFixed(5)} for each webhook or task)`,
      ...(nat ? ['the hours of the NAT gateway'] : ['a NAT gateway']),
      ...(egress === undefined ? ['bytes that leave the Region'] : []),
    ],
    prices: { region: PRICES.region, asOf: PRICES.asOf },
  };
}

/** The dearest first. */
function itemsOf(
  usage: Usage,
  { architecture, nat, egress }: { architecture: Architecture; nat: boolean; egress: Egress | undefined },
): readonly CostItem[] {
  const gib = usage.bytes / GIB;
  const all: readonly (readonly [CostKind, number, CostItem['unit'], number])[] = [
    ['s3Writes', usage.s3Writes, 'requests', PRICES.s3Write],
    ['s3Reads', usage.s3Reads, 'requests', PRICES.s3Read],
    ['queueRequests', usage.queueRequests, 'requests', PRICES.queueRequest],
    ['functionRuns', usage.functionRuns, 'runs', PRICES.functionRun],
    ['gbSeconds', usage.gbSeconds, 'GB-seconds', PRICES.gbSecond[architecture]],
    ['events', usage.events, 'events', PRICES.event],
    ['apiRequests', usage.apiRequests, 'requests', PRICES.apiRequest],
    ['nat', nat ? gib : 0, 'GiB', PRICES.natGib],
    ['egress', egress === undefined ? 0 : gib, 'GiB', egress === undefined ? 0 : PRICES.egressGib[egress]],
  ];
  return all
    .filter(([, quantity]) => quantity > 0)
    .map(([item, quantity, unit, price]) => ({ item, quantity, unit, dollars: quantity * price }))
    .sort((a, b) => b.dollars - a.dollars);
}

function sumOf(items: readonly CostItem[]): number {
  return items.reduce((sum, { dollars }) => sum + dollars, 0);
}

function notificationDollars(architecture: Architecture): number {
  return sumOf(itemsOf(NOTIFICATION_USAGE, { architecture, nat: false, egress: undefined }));
}
