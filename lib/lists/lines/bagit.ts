import { byLine, TOO_LONG } from '../input/lines.ts';
import type { Reader, ReaderContext } from '../input/reader.ts';

/** `URL LENGTH NAME` (RFC 8493 §2.2.3); a space or a tab between, `-` for a length that is not known. */
export const FETCH_LINE = /^(\S+)[ \t]+(\d+|-)[ \t]+(\S.*)$/;

/** The digests of a bag stand in these files beside the list, the best first (RFC 8493 §2.1.3). */
export const MANIFESTS = ['sha512', 'sha256', 'sha1', 'md5'].map((algorithm) => `manifest-${algorithm}.txt`);

/** A bag's `fetch.txt`. */
export function readBagit(context: ReaderContext): Reader {
  return byLine({
    line(text, line) {
      if (text.trim() === '') return;
      const [, url = '', size, name] = FETCH_LINE.exec(text) ?? [];
      if (name === undefined) {
        context.invalid({ line }, 'it is not "URL LENGTH NAME"');
        return;
      }
      const path = bagName(name.trimEnd());
      if (!path.startsWith('data/'))
        context.invalid({ line }, 'its name does not begin with data/, where the files of a bag lie');
      else {
        const digests = Object.entries(context.manifest?.of(path) ?? {});
        if (context.manifest !== undefined && digests.length === 0)
          context.note({ line }, 'the manifest has no digest of it: only its size is proved');
        context.entry({
          at: { line, column: 1 },
          sources: [url],
          name: path,
          size,
          digests: digests.map(([algorithm, value]) => ({ algorithm, value })),
        });
      }
    },
    tooLong: (line) => context.invalid({ line }, TOO_LONG),
  });
}

/** CR, LF and `%` alone are encoded in a name. */
export function bagName(name: string): string {
  return name.replaceAll(/%(?:0a|0d|25)/gi, (code) => decodeURIComponent(code));
}
