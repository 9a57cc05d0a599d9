import { PieceworkError } from '../errors/error.ts';
import { redactUrl } from '../errors/redact.ts';
import { howToWriteLogin, readUrl } from '../values/web/read-url.ts';
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
    const url = readUrl(text === '-' ? 'stdin:' : text);
    const meant = meantBy(text);
    if (meant !== undefined) throw new PieceworkError('InvalidUrl', `not a URL, since it has no scheme: ${meant}`);
    if (url === undefined) {
      const isOurs = [...byScheme.keys()].some((scheme) => text.toLowerCase().startsWith(`${scheme}://`));
      const sentence = isOurs ? 'its host or its port is wrong' : `a source begins with one of ${supported}`;
      const hint = howToWriteLogin(text);
      throw new PieceworkError(
        'InvalidUrl',
        `not a URL: ${redactUrl(text)}; ${hint === '' ? sentence : hint.slice(2)}`,
      );
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

/** What is given in a URL's place most often: its end, without `https://`, or a path. */
function meantBy(text: string): string | undefined {
  const isHere = /^localhost[:/]/i.test(text);
  if (isHere || /^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?\//i.test(text)) {
    return `did you mean ${redactUrl(`${isHere ? 'http' : 'https'}://${text}`)}?`;
  }
  return /^(?:\.{0,2}\/|~|[a-z]:\\)/i.test(text) ? 'a file of this machine is file:///absolute/path' : undefined;
}
