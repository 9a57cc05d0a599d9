import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import type { Source, Sources } from './source.ts';

/** Picks the source by the URL's scheme. @throws RangeError where two sources claim one scheme. */
export function sourcesByScheme(list: readonly Source[]): Sources {
  const byScheme = new Map<string, Source>();
  for (const source of list) {
    for (const scheme of source.schemes) {
      if (byScheme.has(scheme)) throw new RangeError(`two sources claim ${scheme}:`);
      byScheme.set(scheme, source);
    }
  }
  const supported = [...byScheme.keys()].map((scheme) => (scheme === 'stdin' ? '-' : `${scheme}://`)).join(', ');
  return (text) => {
    const url = URL.parse(text === '-' ? 'stdin:' : text);
    if (url === null) {
      throw new PieceworkError('InvalidUrl', `not a URL: ${redactUrl(text)}; a source begins with one of ${supported}`);
    }
    const source = byScheme.get(url.protocol.slice(0, -1));
    if (source === undefined) {
      throw new PieceworkError(
        'UnsupportedScheme',
        `${redactUrl(text)}: sources of the kind ${url.protocol}// are not supported; these are: ${supported}`,
      );
    }
    return source;
  };
}
