import { formatBytes } from '../../lib/values/units.ts';
import type { SourceName } from '../servers/origin.ts';
import type { StoreName } from '../servers/servers.ts';
import type { Cell, Goal, Transfer } from './cell.ts';
import { BEST_PEER } from './cell.ts';

const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** Where memory must not have grown; too large for five rounds of everything. */
const LARGEST_BYTES = 8 * GIB;
const SIZES = [64 * KIB, MIB, 64 * MIB, GIB, LARGEST_BYTES];
const SOURCES: readonly SourceName[] = ['http', 'https', 'ftp', 'sftp'];
const LIMITED: readonly SourceName[] = ['http-limited', 'ftp-limited', 'sftp-limited'];

const TO_FILE = ['curl', 'curl, then sync', 'rclone copyto'];
const TO_S3 = ['rclone copyto', 'rclone copyurl', 'curl, piped into aws s3 cp'];

type Chosen = Pick<Cell, 'rounds' | 'goals'> & { readonly peers: readonly string[] };

/** Who is measured beside us where there is a goal, or a bar in the chart. Elsewhere it is every tool that is here. */
const CHOSEN: Readonly<Record<string, Chosen>> = {
  'http-64MiB-file': {
    peers: TO_FILE,
    goals: [
      { metric: 'wallMs', most: 0.22 },
      { metric: 'cpuMs', most: 2, beside: 'rclone copyto' },
    ],
  },
  'http-1GiB-file': { peers: TO_FILE, goals: bigToFile(1.25) },
  'https-1GiB-file': { peers: TO_FILE, goals: bigToFile(1.25) },
  'http-1GiB-versitygw': { peers: TO_S3, goals: bigToS3() },
  'https-1GiB-versitygw': { peers: TO_S3, goals: bigToS3() },
  'http-64MiB-versitygw': {
    peers: ['rclone copyto'],
    goals: [{ metric: 'wallMs', most: 1, beside: 'rclone copyto' }],
  },
  'ftp-1GiB-file': {
    peers: ['curl', 'curl, then sync', 'aria2c -x16 -s16, then sync'],
    goals: otherSchemes(),
  },
  'sftp-1GiB-file': { peers: ['scp', 'scp, then sync', 'curl, then sync'], goals: otherSchemes() },
  'http-limited-64MiB-file': { peers: ['curl', 'aria2c -x16 -s16', 'rclone copyto'], rounds: 3 },
  'http-limited-64MiB-versitygw': { peers: ['rclone copyto', 'curl, piped into aws s3 cp'], rounds: 3 },
};

function bigToFile(cpu: number): Goal[] {
  return [
    { metric: 'wallMs', most: 1, beside: 'curl, then sync' },
    { metric: 'cpuMs', most: cpu, beside: BEST_PEER },
    { metric: 'peakRssBytes', most: 95 },
  ];
}

function bigToS3(): Goal[] {
  return [
    { metric: 'wallMs', most: 0.8, beside: BEST_PEER },
    { metric: 'cpuMs', most: 0.7, beside: BEST_PEER },
    { metric: 'peakRssBytes', most: 150 },
  ];
}

function otherSchemes(): Goal[] {
  return [
    { metric: 'wallMs', most: 1, beside: `${BEST_PEER}, then sync` },
    { metric: 'cpuMs', most: 1.4, beside: BEST_PEER },
  ];
}

/** All there are, for a machine with these stores. */
export function cellsFor(stores: readonly StoreName[]): Cell[] {
  const places = ['file', ...stores] as const;
  const sized = SOURCES.flatMap((from) => places.flatMap((to) => SIZES.map((size) => cellOf(from, to, size))));
  const limited = LIMITED.flatMap((from) => places.map((to) => cellOf(from, to, 64 * MIB)));
  return [
    ...SPECIAL.filter(({ transfer }) => places.some((to) => to === (transfer?.to ?? 'file'))),
    ...sized,
    ...limited,
  ];
}

const SPECIAL: readonly Cell[] = [
  { name: 'version', peers: [], goals: [{ metric: 'wallMs', most: 0.07 }] },
  {
    name: 'http-1B-file',
    transfer: { from: 'http', to: 'file', sizeBytes: 1, connections: 8 },
    peers: [],
    goals: [
      { metric: 'wallMs', most: 0.13 },
      { metric: 'peakRssBytes', most: 65 },
    ],
  },
  pastTheCache('http'),
  pastTheCache('https'),
  {
    name: 'http-2GiB-versitygw-parallel-32',
    // So large that 32 pieces are on their way at once.
    transfer: {
      from: 'http',
      to: 'versitygw',
      sizeBytes: 2 * GIB,
      connections: 32,
      flags: ['--piece-size', '64MiB'],
    },
    peers: [],
    rounds: 3,
    goals: [{ metric: 'peakRssBytes', most: 220 }],
  },
];

/** By itself Piecework writes a file of this size through the cache: others may read it soon. */
function pastTheCache(from: SourceName): Cell {
  return {
    name: `${from}-1GiB-file-direct`,
    transfer: { from, to: 'file', sizeBytes: GIB, connections: 8, flags: ['--direct-writes', 'always'] },
    peers: TO_FILE,
    goals: bigToFile(1.25),
  };
}

function cellOf(from: SourceName, to: Transfer['to'], sizeBytes: number): Cell {
  const name = `${from}-${formatBytes(sizeBytes).replace(/\.0|\s/g, '')}-${to}`;
  const connections = from.endsWith('limited') ? 16 : 8;
  return {
    name,
    transfer: { from, to, sizeBytes, connections },
    ...(sizeBytes === LARGEST_BYTES ? { peers: [], rounds: 1 } : {}),
    ...CHOSEN[name],
  };
}
