import type { ListReading } from '../../lib/lists/options.ts';

/** Whatever can be said of a list. */
export const EACH_OF_READING: Required<ListReading> = {
  format: 'csv',
  base: 'https://origin.example/files/',
  url: '{link}',
  name: '{file}',
  size: '{bytes}',
  digests: ['sha256:{sum}'],
  items: '/files',
  columns: { url: 'link', name: 'file', size: 'bytes', digest: 'sum' },
  checksumsFrom: '{folder}/SHA256SUMS',
  separator: '|',
  family: 'sra',
  suffix: 'genomic.gff.gz',
  skipEmpty: ['na', ''],
  include: ['*.gz'],
  exclude: ['old/**'],
  limit: 10,
  onCollision: 'number',
};

const URL = ['--url', '{link}'];
const COLUMNS = ['--column', 'link', '--column', 'name=file', '--column', 'size=bytes', '--column', 'digest=sum'];

/** The same as options of the command line, which takes either `--url` or `--column`. */
const EACH_AS_OPTIONS: readonly string[] = [
  ...['--format', 'csv', '--base', 'https://origin.example/files/', '--name', '{file}'],
  ...['--size', '{bytes}', '--digest', 'sha256:{sum}', '--items', '/files'],
  ...['--checksums-from', '{folder}/SHA256SUMS', '--separator', '|', '--family', 'sra'],
  ...['--suffix', 'genomic.gff.gz', '--skip-empty', 'na', '--skip-empty', '', '--include', '*.gz'],
  ...['--exclude', 'old/**', '--limit', '10', '--on-collision', 'number'],
];

const { url, columns, ...others } = EACH_OF_READING;

export const EITHER_AS_OPTIONS = [
  [[...EACH_AS_OPTIONS, ...URL], { ...others, url }],
  [[...EACH_AS_OPTIONS, ...COLUMNS], { ...others, columns }],
] as const;
