import { redactUrl } from '../../errors/redact.ts';
import { nameInPath } from '../../errors/secret-paths.ts';
import { printable } from '../../values/text/printable.ts';
import type { Entry, InvalidEntry, Listed, Place } from '../entry.ts';
import { placeText } from '../entry.ts';
import type { Draft } from '../input/reader.ts';
import type { ListOptions } from '../options.ts';
import { DEFAULT_SCHEMES } from '../options.ts';
import { pathText } from '../templates/percent-encoded.ts';
import { parseTemplate } from '../templates/template.ts';
import { baseOf } from './base.ts';
import { digestsOf, roughly, sizeOf } from './expected.ts';
import type { Roll } from './roll.ts';
import { safePath } from './safe-path.ts';
import { selection } from './selection.ts';
import { sourceUrl } from './source-url.ts';

interface Problem {
  readonly problem: string;
  readonly code?: InvalidEntry['code'];
}

type Sources = { readonly urls: readonly [string, ...string[]]; readonly first: URL } | Problem;

/** Makes numbered entries of what readers find, or says why one is none. */
export class Entries {
  readonly #schemes: ReadonlySet<string>;
  readonly #base: string | undefined;
  readonly #isSelected: (name: string) => boolean;
  readonly #roll: Roll;
  /** One checksum file for all. */
  readonly #checksums: string | undefined;

  constructor(options: ListOptions, roll: Roll) {
    this.#schemes = new Set(options.schemes ?? DEFAULT_SCHEMES);
    this.#base = baseOf(options);
    this.#isSelected = selection(options);
    this.#roll = roll;
    this.#checksums = constant(options.checksumsFrom);
  }

  /** `undefined`: it is not selected. */
  made(draft: Draft): Listed | undefined {
    const { at } = draft;
    const read = this.#read(draft);
    if ('problem' in read) return this.invalid(at, read.problem, read.code);
    if (!this.#isSelected(read.name)) {
      this.#roll.unselected += 1;
      return undefined;
    }
    const entry: Entry = { kind: 'entry', number: this.#roll.next, ...read, at };
    const checked = this.#roll.unique?.check(entry) ?? { entry };
    if ('problem' in checked) return { ...this.invalid(at, checked.problem), collidesWith: checked.collidesWith };
    this.#roll.next += 1;
    return checked.entry;
  }

  invalid(at: Place, problem: string, code: InvalidEntry['code'] = 'InvalidEntry'): InvalidEntry {
    const number = this.#roll.next;
    this.#roll.next += 1;
    return { kind: 'invalid', number, code, message: printable(`${placeText(at)}: ${problem}`), at };
  }

  #read(draft: Draft): Omit<Entry, 'kind' | 'number' | 'at'> | Problem {
    const sources = draft.path === undefined ? this.#sourcesOf(draft.sources) : this.#below(draft.path);
    if ('problem' in sources) return sources;
    const written = draft.name ?? draft.path;
    const name = safePath(written ?? nameIn(sources.first));
    if ('problem' in name) {
      const nameless = `${redactUrl(sources.urls[0])} has no name for a file, and the list gives none`;
      return { problem: written === undefined ? nameless : name.problem };
    }
    const expected = this.#expected(draft);
    if ('problem' in expected) return expected;
    const { headers } = draft;
    return { sources: sources.urls, name: name.path, ...expected, ...(headers === undefined ? {} : { headers }) };
  }

  #expected(draft: Draft): Omit<Entry, 'kind' | 'number' | 'at' | 'sources' | 'name' | 'headers'> | Problem {
    const size = sizeOf(draft.size);
    if ('problem' in size) return size;
    const expected = digestsOf(draft.digests ?? []);
    if ('problem' in expected) return expected;
    const written = draft.checksumsFrom ?? this.#checksums;
    const checksums = written === undefined ? undefined : this.#sourcesOf([written]);
    if (checksums !== undefined && 'problem' in checksums) return { problem: `its checksums: ${checksums.problem}` };
    const about = roughly(draft.about);
    return {
      ...(size.bytes === undefined ? {} : { sizeBytes: size.bytes }),
      ...(about === undefined ? {} : { aboutBytes: about }),
      digests: expected.digests,
      ...(expected.unproved.length === 0 ? {} : { unprovedDigests: expected.unproved }),
      ...(checksums === undefined ? {} : { checksumsFrom: checksums.urls[0] }),
    };
  }

  /** Its path is checked before it is a URL, which would go up a folder by itself. */
  #below(path: string): Sources {
    const relative = path
      .split('/')
      .filter((segment) => segment !== '.')
      .join('/');
    const safe = safePath(relative);
    if ('problem' in safe) return safe;
    return this.#sourcesOf([`./${pathText(relative) ?? ''}`]);
  }

  /** Mirrors that can't be taken are left out as long as another one can. */
  #sourcesOf(written: readonly string[]): Sources {
    const urls: string[] = [];
    let first: URL | undefined;
    let refused: Problem | undefined;
    for (const text of written) {
      if (text.trim() === '') continue;
      const read = sourceUrl(text, this.#base, this.#schemes);
      if ('url' in read) {
        urls.push(read.url);
        first ??= read.parsed;
      } else refused ??= read;
    }
    const [best, ...others] = urls;
    if (best !== undefined && first !== undefined) return { urls: [best, ...others], first };
    return refused ?? { problem: 'it has no URL' };
  }
}

/** A template without a field. */
function constant(text: string | undefined): string | undefined {
  const template = text === undefined ? undefined : parseTemplate(text, '--checksums-from');
  return template?.fields.length === 0 ? text : undefined;
}

/** What a file at this URL is called; nothing where the URL ends with a folder, or with a secret. */
function nameIn(url: URL): string {
  return nameInPath(url.pathname).replaceAll(/[/\\]/g, '_');
}
