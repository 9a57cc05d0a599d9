import type { Hosts } from '../../api/schemas/hosts.ts';
import type { Machine } from '../../api/service/machine.ts';
import type { Counts } from './counts.ts';

/** What is there when the metrics are asked for. */
export interface Moment {
  readonly version: string;
  readonly counts: Counts;
  readonly service: ReturnType<Machine['look']>;
  readonly hosts: Hosts['hosts'];
  readonly piecesInFlight: number;
  readonly bodyBytes: number;
  /** Of the processor, since the start. */
  readonly cpuSeconds: number;
  /** Unix time in milliseconds. */
  readonly now: number;
}

export interface Sample {
  /** Absent = the measure has none. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric, with its name by the conventions of Prometheus. https://prometheus.io/docs/practices/naming/ */
export interface Measure {
  readonly name: string;
  readonly kind: 'gauge' | 'counter';
  readonly labels?: readonly string[];
  readonly help: string;
  samples(moment: Moment): readonly Sample[];
}

/** Hosts with a label of their own: names of hosts are whatever callers ask for. */
export const MOST_HOSTS = 100;

/** In the order of the docs. */
export const MEASURES: readonly Measure[] = [
  gauge(
    'piecework_info',
    'Always 1; the label says which version serves.',
    ({ version }) => [{ labels: { version }, value: 1 }],
    ['version'],
  ),
  gauge(
    'piecework_transfers',
    'Transfers that run, wait for their turn (the length of the queue), or were paused one by one.',
    ({ service: { counts } }) => Object.entries(counts ?? {}).map(([status, value]) => ({ labels: { status }, value })),
    ['status'],
  ),
  gauge('piecework_paused', '1 while all transfers are paused.', ({ service }) => one(service.paused ? 1 : 0)),
  counter('piecework_transfers_accepted_total', 'Transfers that were taken on.', ({ counts }) => one(counts.accepted)),
  counter(
    'piecework_transfers_ended_total',
    'Transfers that ended: completed, failed or cancelled. One that is retried may end again.',
    ({ counts }) => Object.entries(counts.ended).map(([status, value]) => ({ labels: { status }, value })),
    ['status'],
  ),
  counter(
    'piecework_transfer_failures_total',
    'Transfers that failed, by the code of the error.',
    ({ counts }) => byLabel('code', counts.transferFailures),
    ['code'],
  ),
  counter(
    'piecework_batches_ended_total',
    'Batches that ended: completed (also with entries that failed), failed or cancelled.',
    ({ counts }) => Object.entries(counts.batchesEnded).map(([status, value]) => ({ labels: { status }, value })),
    ['status'],
  ),
  counter(
    'piecework_received_bytes_total',
    'Bytes of pieces that came from sources; small entries of batches are none.',
    ({ counts }) => one(counts.receivedBytes),
  ),
  gauge('piecework_pieces_in_flight', 'Pieces that are being fetched.', (moment) => one(moment.piecesInFlight)),
  counter('piecework_pieces_begun_total', 'Pieces that sources were asked for, each try of one.', ({ counts }) =>
    one(counts.piecesBegun),
  ),
  counter('piecework_pieces_done_total', 'Pieces that arrived at their destination.', ({ counts }) =>
    one(counts.piecesDone),
  ),
  counter(
    'piecework_piece_failures_total',
    'Tries of pieces that failed, by the code of the error.',
    ({ counts }) => byLabel('code', counts.pieceFailures),
    ['code'],
  ),
  counter('piecework_pieces_continued_total', 'Connections that broke and were gone on with.', ({ counts }) =>
    one(counts.piecesContinued),
  ),
  counter('piecework_pieces_rescued_total', 'Pieces that were asked for once more, being slow.', ({ counts }) =>
    one(counts.piecesRescued),
  ),
  gauge('piecework_connections', 'Connections to sources that are taken.', ({ hosts }) =>
    one(hosts.reduce((sum, { connections }) => sum + connections.now, 0)),
  ),
  gauge(
    'piecework_host_connections',
    `The same by host, of the ${MOST_HOSTS} that were asked most often; the host \`other\` is all the others.`,
    ({ hosts }) => connectionsByHost(hosts),
    ['host'],
  ),
  gauge(
    'piecework_hosts_closed',
    'Hosts that asked for patience, and are not asked before that is over.',
    ({ hosts }) => one(hosts.filter(({ closedUntil }) => closedUntil !== undefined).length),
  ),
  gauge(
    'piecework_host_closed_seconds',
    'For how long still; a host that is not closed has none.',
    ({ hosts, now }) =>
      named(hosts).shown.flatMap(({ name, closedUntil }) =>
        closedUntil === undefined
          ? []
          : { labels: { host: name }, value: Math.max(0, (Date.parse(closedUntil) - now) / 1000) },
      ),
    ['host'],
  ),
  gauge('piecework_rate_limit_bytes_per_second', 'The limit of the rate that holds now; +Inf = none.', ({ service }) =>
    one(service.limits?.rateNowBytesPerSecond ?? Number.POSITIVE_INFINITY),
  ),
  gauge('piecework_body_memory_bytes', 'Memory for bodies that is allocated.', ({ bodyBytes }) => one(bodyBytes)),
  counter(
    'piecework_api_requests_total',
    'Requests of the API, by method, path as the API describes it, and status.',
    ({ counts }) =>
      [...counts.requests].map(([name, value]) => {
        const [method = '', route = '', status = ''] = name.split(' ');
        return { labels: { method, route, status }, value };
      }),
    ['method', 'route', 'status'],
  ),
  counter('process_cpu_seconds_total', 'Time of the processor that the server took.', ({ cpuSeconds }) =>
    one(cpuSeconds),
  ),
];

function gauge(name: string, help: string, samples: Measure['samples'], labels: readonly string[] = []): Measure {
  return { name, kind: 'gauge', help, labels, samples };
}

function counter(name: string, help: string, samples: Measure['samples'], labels: readonly string[] = []): Measure {
  return { name, kind: 'counter', help, labels, samples };
}

function one(value: number): readonly Sample[] {
  return [{ value }];
}

function byLabel(label: string, counts: ReadonlyMap<string, number>): readonly Sample[] {
  return [...counts].map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function named(hosts: Hosts['hosts']): { readonly shown: Hosts['hosts']; readonly others: Hosts['hosts'] } {
  const sorted = [...hosts].sort((a, b) => (b.requests ?? 0) - (a.requests ?? 0));
  return { shown: sorted.slice(0, MOST_HOSTS), others: sorted.slice(MOST_HOSTS) };
}

function connectionsByHost(hosts: Hosts['hosts']): readonly Sample[] {
  const { shown, others } = named(hosts);
  const own = shown.map(({ name, connections }) => ({ labels: { host: name }, value: connections.now }));
  if (others.length === 0) return own;
  return [
    ...own,
    { labels: { host: 'other' }, value: others.reduce((sum, { connections }) => sum + connections.now, 0) },
  ];
}
