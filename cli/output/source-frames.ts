import { SourceMap } from 'node:module';
import { readOrdinarySync, USER_FILE } from '../../lib/disk/ordinary-file.ts';

/** The place in a frame of V8: `at name (/…/main.cjs:1:2345)`, or without a name and its parentheses. */
const PLACE = /((?:\/|[A-Za-z]:\\)[^()]*\.cjs):(\d+):(\d+)/;

/**
 * The frames of a stack with the places in our sources (`lib/local/open.ts:12:3`, from the root of the repository),
 * where what runs is a bundle with its source map; others stay as they are. Read only when it is shown: Node would
 * read all maps at each start.
 */
export function inSources(frames: readonly string[]): readonly string[] {
  return frames.map((frame) => frame.replace(PLACE, sourceOf));
}

function sourceOf(place: string, path: string, line: string, column: string): string {
  try {
    const map = new SourceMap(JSON.parse(readOrdinarySync(`${path}.map`, USER_FILE)));
    const found = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in found)) return place;
    return `${found.originalSource.replace(/^(\.\.\/)+/, '')}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  } catch {
    // No map, or none that can be read: the place in the bundle is what there is.
    return place;
  }
}
