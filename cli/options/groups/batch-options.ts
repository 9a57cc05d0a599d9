import { duration, failureLimit, integer, perMinute } from '../kinds/numbers.ts';
import { anyText, choice, choices, texts, toggle } from '../kinds/texts.ts';
import type { SettingVerb } from '../option.ts';
import { option } from '../option.ts';

const BATCH: readonly SettingVerb[] = ['batch'];
/** Also where a list is given to a deployment. */
const EACH_LIST: readonly SettingVerb[] = ['batch', 'submit'];
const YEAR_MS = 365 * 86_400_000;

/** How a list is read, and when a batch gives up. */
export const BATCH_OPTIONS = {
  inputFile: option({
    kind: anyText('LIST'),
    group: 'List',
    verbs: BATCH,
    help: 'the list, in place of the first argument, as aria2c and wget have it',
    inConfig: false,
  }),
  urls: option({
    kind: anyText('LIST'),
    group: 'List',
    verbs: BATCH,
    help: 'the same, as rclone has it',
    inConfig: false,
  }),
  format: option({
    kind: anyText('KIND'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'what kind of list it is (docs/lists.md)',
    fallback: 'recognised by name and content',
  }),
  base: option({
    kind: anyText('URL'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'the folder that relative names in the list lie in',
    fallback: "the list's own folder",
  }),
  url: option({
    kind: anyText('TEMPLATE'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'the URL of an entry, made from columns or fields (docs/lists.md)',
    fallback: 'by the format',
  }),
  name: option({
    kind: anyText('TEMPLATE'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'its name under DEST, in the same way',
    fallback: 'by the format',
  }),
  items: option({
    kind: anyText('POINTER'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'of JSON: where the entries are, such as /files',
    fallback: 'by the format',
  }),
  family: option({
    kind: choice(['fastq', 'submitted', 'sra']),
    group: 'List',
    verbs: EACH_LIST,
    help: 'of an ENA file report: which files',
    fallback: 'fastq',
  }),
  suffix: option({
    kind: anyText('TEXT'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'of an NCBI assembly summary: which file of a folder',
    fallback: 'genomic.fna.gz',
  }),
  include: option({
    kind: texts('GLOB'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'only entries whose name matches one of these',
    fallback: 'all',
  }),
  exclude: option({
    kind: texts('GLOB'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'no entries whose name matches one of these',
    fallback: 'none',
  }),
  limit: option({
    kind: integer(1, 1_000_000_000),
    group: 'List',
    verbs: EACH_LIST,
    help: 'the first so many entries',
    fallback: 'all',
  }),
  onCollision: option({
    kind: choice(['fail', 'number', 'first']),
    group: 'List',
    verbs: EACH_LIST,
    help: 'two entries with one name: the later one fails, gets a number, or is left out (first)',
    fallback: 'fail',
  }),
  minAge: option({
    kind: duration(1000, YEAR_MS),
    group: 'List',
    verbs: EACH_LIST,
    help: 'what was changed less long ago may still be written: it is taken later',
    fallback: 'any age',
  }),
  perHost: option({
    kind: integer(1, 256),
    group: 'List',
    verbs: EACH_LIST,
    help: 'requests to one host at a time (1 to 256)',
    fallback: 'as `--parallel`',
  }),
  perHostRate: option({
    kind: perMinute,
    group: 'List',
    verbs: EACH_LIST,
    help: 'requests to one host begun in a time, such as 60/m or 5/s',
    fallback: 'no limit',
  }),
  maxFailures: option({
    kind: failureLimit,
    group: 'List',
    verbs: EACH_LIST,
    help: 'failed entries, or their share, above which the batch gives up',
    fallback: 'no limit',
  }),
  maxDuration: option({
    kind: duration(1000, YEAR_MS),
    group: 'List',
    verbs: EACH_LIST,
    help: 'how long the batch may run; what it has not brought then is cancelled',
    fallback: 'no limit',
  }),
  checksums: option({
    kind: choices(['sha256', 'sha512', 'sha1', 'md5']),
    group: 'List',
    verbs: EACH_LIST,
    help: 'digests of each entry, in the report and in DEST/SHA256SUMS (MD5SUMS, …) for sha256sum -c',
    fallback: 'none',
  }),
  report: option({
    kind: anyText('FILE'),
    group: 'List',
    verbs: BATCH,
    help: 'where the report goes: JSON lines, or CSV where the name ends with .csv',
    fallback: '`piecework-report-ID.jsonl` at DEST',
  }),
  skipReport: option({
    kind: toggle,
    group: 'List',
    verbs: EACH_LIST,
    help: 'write no report',
    fallback: 'off',
  }),
};
