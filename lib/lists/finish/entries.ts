import { redactUrl } from '../../errors/redact.ts';
import { nameInPath } from '../../errors/secret-paths.ts';
import { printable } from '../../values/printable.ts';
import { readUrl } from '../../values/web/read-url.ts';
import type { Entry, InvalidEntry, Listed, Place } from '../entry.ts';
import { placeText } from '../entry.ts';
import type { Draft } from '../input/reader.ts';
import type { ListOptions } from '../options.ts';
import { DEFAULT_SCHEMES } from '../options.ts';
import { pathText } from '../templates/percent-encoded.ts';
import { baseOf } from './base.ts';
import { digestsOf, roughly, sizeOf } from './expected.ts';
import { safePath } from './safe-path.ts';
import { sourceUrl } from './source-url.ts';

type Sources =
  | { readonly urls: readonly [string, ...string[]] }
  | { readonly problem: string; readonly code: InvalidEntry['code'] };

/** Makes numbered entries of what readers find, or says why one is none. */
export class Entries {
  readonly #options: ListOptions;
  readonly #schemes: ReadonlySet<string>;
  readonly #base: string | undefined;
  #number: number;

  constructor(options: ListOptions) {
    this.#options = options;
    this.#schemes = new Set(options.schemes ?? DEFAULT_SCHEMES);
    this.#base = baseOf(options);
    this.#number = options.firstNumber ?? 1;
  }

  made(draft: Draft): Listed {
    const { at } = draft;
    const sources = draft.path === undefined ? this.#sourcesOf(draft.sources) : this.#below(draft.path);
    if ('problem' in sources) return this.invalid(at, sources.problem, sources.code);
    const written = draft.name ?? draft.path;
    const name = safePath(written ?? nameInUrl(sources.urls[0]) ?? '');
    if ('problem' in name) {
      const problem =
        written === undefined
          ? `${redactUrl(sources.urls[0])} has no name for a file, and the list gives none`
          : name.problem;
      return this.invalid(at, problem);
    }
    const size = sizeOf(draft.size);
    if ('problem' in size) return this.invalid(at, size.problem);
    const expected = digestsOf(draft.digests ?? []);
    if ('problem' in expected) return this.invalid(at, expected.problem);
    const checksums = draft.checksumsFrom === undefined ? undefined : this.#sourcesOf([draft.checksumsFrom]);
    if (checksums !== undefined && 'problem' in checksums)
      return this.invalid(at, `its checksums: ${checksums.problem}`);
    const about = roughly(draft.about);
    const { bytes } = size;
    const entry: Entry = {
      kind: 'entry',
      number: this.#number,
      sources: sources.urls,
      name: name.path,
      ...(bytes === undefined ? {} : { sizeBytes: bytes }),
      ...(about === undefined ? {} : { aboutBytes: about }),
      digests: expected.digests,
      ...(expected.unproved.length === 0 ? {} : { unprovedDigests: expected.unproved }),
      ...(draft.headers === undefined ? {} : { headers: draft.headers }),
      ...(checksums === undefined ? {} : { checksumsFrom: checksums.urls[0] }),
      at,
    };
    const problem = this.#options.check?.(entry);
    if (problem !== undefined) return this.invalid(at, problem);
    this.#number += 1;
    return entry;
  }

  invalid(at: Place, problem: string, code: InvalidEntry['code'] = 'InvalidEntry'): InvalidEntry {
    const number = this.#number;
    this.#number += 1;
    return { kind: 'invalid', number, code, message: printable(`${placeText(at)}: ${problem}`), at };
  }

  /** Its path is checked before it is a URL, which would go up a folder by itself. */
  #below(path: string): Sources {
    const relative = path.replace(/^(?:\.\/)+/, '');
    const safe = safePath(relative);
    if ('problem' in safe) return { problem: safe.problem, code: 'InvalidEntry' };
    const url = this.#base === undefined ? null : URL.parse(`./${pathText(relative) ?? ''}`, this.#base);
    return url === null
      ? { problem: 'it has a name and no URL, and the list has no base', code: 'InvalidEntry' }
      : { urls: [url.href] };
  }

  /** Mirrors that can't be taken are left out as long as another one can. */
  #sourcesOf(written: readonly string[]): Sources {
    const urls: string[] = [];
    let refused: { readonly problem: string; readonly code: InvalidEntry['code'] } | undefined;
    for (const text of written) {
      const read = sourceUrl(text, this.#base, this.#schemes);
      if ('url' in read) urls.push(read.url);
      else refused ??= read;
    }
    const [first, ...others] = urls;
    if (first !== undefined) return { urls: [first, ...others] };
    return refused ?? { problem: 'it has no URL', code: 'InvalidEntry' };
  }
}

/** What a file at this URL is called; `undefined` where the URL ends with a folder, or with a secret. */
function nameInUrl(text: string): string | undefined {
  const name = nameInPath(readUrl(text)?.pathname ?? '');
  return name === '' ? undefined : name.replaceAll(/[/\\]/g, '_');
}
