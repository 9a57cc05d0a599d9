import { invalidList } from '../input/invalid-list.ts';
import { TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';
import { asValue, textValue } from '../templates/filters.ts';
import { tsvRows } from './tsv-rows.ts';

export const STS_FIRST_LINE = 'TsvHttpData-1.0';

/** URL list of Storage Transfer Service: URL, size, MD5 in base64. A file is called as its host and path. */
export function readStsTsv(context: ReaderContext): Reader {
  let isFirst = true;
  return tsvRows(
    {
      row(cells, line) {
        const [url = '', size, md5 = ''] = cells;
        if (isFirst) {
          isFirst = false;
          if (url !== STS_FIRST_LINE)
            throw invalidList(`is no URL list of that kind: its first line is not ${STS_FIRST_LINE}`);
          return;
        }
        context.entry({
          at: { line, column: 1 },
          sources: [url],
          name: textValue(asValue(url)),
          size,
          digests: [{ algorithm: 'md5', value: md5 }],
        });
      },
      invalid: (line, problem) => context.invalid({ line }, problem),
    },
    TOO_LONG,
  );
}
