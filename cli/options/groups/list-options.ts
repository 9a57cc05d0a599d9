import { columns } from '../kinds/columns.ts';
import { anyText, texts } from '../kinds/texts.ts';
import type { SettingVerb } from '../option.ts';
import { option } from '../option.ts';

/** Where a list is read here, and where it is given to a deployment. */
const EACH_LIST: readonly SettingVerb[] = ['batch', 'submit'];

/** What a list's columns and fields are, where their names do not say it. */
export const LIST_OPTIONS = {
  column: option({
    kind: columns(),
    group: 'List',
    verbs: EACH_LIST,
    help: 'of a table: the column with the URL (or name=, size=, digest=), by its name or its number',
    fallback: 'by their names',
  }),
  size: option({
    kind: anyText('TEMPLATE'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'of JSON: the size of an entry, such as {lfs.size}',
    fallback: 'by the format',
  }),
  digest: option({
    kind: texts('TEMPLATE'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'of JSON: a digest of an entry, such as sha256:{sum}',
    fallback: 'by the format',
  }),
  checksumsFrom: option({
    kind: anyText('TEMPLATE'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'the URL of a checksum file that has the digest of an entry; one that lacks it fails',
    fallback: 'by the format',
  }),
  separator: option({
    kind: anyText('TEXT'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'of the kind multi: what stands between the values of a cell',
    fallback: ';',
  }),
  skipEmpty: option({
    kind: texts('VALUE'),
    group: 'List',
    verbs: EACH_LIST,
    help: 'of a table: pass over rows without a URL; cells with this value, such as na, are empty too',
    fallback: 'a row without a URL fails',
  }),
};
