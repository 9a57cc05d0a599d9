import type { ColumnOptions } from '../../../lib/lists/options.ts';
import type { Kind } from './kind.ts';
import { BadValue } from './kind.ts';

const COLUMN = /^(?:(url|name|size|digest)=)?(.+)$/;

/** `[WHAT=]COLUMN`, one for each time that the option is given; without `WHAT=` it is the column of URLs. */
export function columns(): Kind<ColumnOptions> {
  return {
    placeholder: '[WHAT=]NAME',
    isRepeatable: true,
    shape: 'texts',
    parse(texts) {
      const read = texts.map((text): readonly [string, string] => {
        const [, what = 'url', column] = COLUMN.exec(text.trim()) ?? [];
        if (column === undefined) throw new BadValue('it is empty');
        return [what, column];
      });
      return Object.fromEntries(read);
    },
  };
}
