import type { Place } from '../entry.ts';
import { invalidList } from '../input/invalid-list.ts';
import type { ReaderContext } from '../input/reader.ts';
import type { JsonFormat, ListOptions } from '../options.ts';
import type { MappedDigest, Mapping } from '../templates/mapping.ts';
import { mapped } from '../templates/mapping.ts';
import { parseTemplate } from '../templates/template.ts';
import type { Scope } from './fields.ts';
import { fieldLookup, fieldOf, textsOf } from './fields.ts';
import { huggingFaceBase } from './hugging-face.ts';
import type { Preset } from './presets.ts';
import { PRESETS } from './presets.ts';

/** Makes entries of the items of a document. */
export class Items {
  readonly pointers: readonly string[];
  readonly hasLinks: boolean;
  readonly #preset: Preset;
  readonly #mapping: Mapping;
  readonly #context: ReaderContext;
  readonly #base: string | undefined;
  #seen = 0;
  #taken = 0;

  constructor(format: JsonFormat, context: ReaderContext) {
    const { options } = context;
    this.#preset = PRESETS[format];
    this.#context = context;
    this.#mapping = mappingOf(this.#preset.mapping, options);
    this.#base = format === 'huggingface' ? huggingFaceBase(options) : undefined;
    this.pointers = options.items === undefined ? this.#preset.items : [options.items];
    this.hasLinks = this.#preset.hasLinks === true;
  }

  take(scope: Scope, at: Place): void {
    this.#seen += 1;
    const lookup = fieldLookup(scope);
    const { where = [], without = [], mirrors = [] } = this.#preset;
    if (without.some((field) => fieldOf(scope.values[0], field) !== undefined)) return;
    if (where.some(({ field, is }) => !is.test(lookup(field) ?? ''))) return;
    const result = mapped(this.#mapping, lookup, at);
    if (result === 'passed over') return;
    this.#taken += 1;
    if ('problem' in result) {
      this.#context.invalid(at, result.problem);
      return;
    }
    const several = mirrors.map((field) => textsOf(fieldOf(scope.values[0], field))).find((texts) => texts.length > 1);
    const base = this.#base ?? (this.hasLinks ? selfLink(scope) : undefined);
    const { draft } = result;
    const sources = several !== undefined && this.#context.options.url === undefined ? several : draft.sources;
    this.#context.entry({
      ...draft,
      sources: base === undefined ? sources : sources.map((url) => URL.parse(url, base)?.href ?? url),
    });
  }

  end(): void {
    if (this.#context.isPage()) return;
    const places = this.pointers.map((pointer) => pointer || '/').join(', ');
    if (this.#seen === 0) throw invalidList(`has no items at ${places}; say where they lie (--items POINTER)`);
    if (this.#taken === 0) throw invalidList(`has ${this.#seen} items at ${places}, of which none names a file`);
  }
}

function mappingOf(preset: Mapping, { url, name, size, digests, checksumsFrom: checksums }: ListOptions): Mapping {
  return {
    ...preset,
    ...(url === undefined ? {} : { url: [parseTemplate(url, '--url')] }),
    ...(name === undefined ? {} : { name: [parseTemplate(name, '--name')] }),
    ...(size === undefined ? {} : { size: [parseTemplate(size, '--size')] }),
    ...(digests === undefined ? {} : { digests: digests.map(digestTemplate) }),
    ...(checksums === undefined ? {} : { checksumsFrom: parseTemplate(checksums, '--checksums-from') }),
  };
}

/** `sha256:{lfs.oid}`, or `{checksum}`. */
function digestTemplate(text: string): MappedDigest {
  const [, algorithm, template = text] = /^([a-z0-9-]+):(.*)$/i.exec(text) ?? [];
  const parsed = parseTemplate(template, '--digest');
  return algorithm === undefined ? { template: parsed } : { algorithm, template: parsed };
}

function selfLink({ values }: Scope): string | undefined {
  for (const value of values) {
    const links = fieldOf(value, 'links');
    const self = Array.isArray(links) ? links.find((link) => fieldOf(link, 'rel') === 'self') : undefined;
    const href = fieldOf(self, 'href');
    if (typeof href === 'string' && URL.canParse(href)) return href;
  }
  return undefined;
}
