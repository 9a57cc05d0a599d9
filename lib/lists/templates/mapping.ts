import type { Place } from '../entry.ts';
import type { Draft, WrittenDigest } from '../input/reader.ts';
import { writtenDigest } from '../input/written-digest.ts';
import type { Lookup, Template } from './template.ts';

/** How an entry is made of a row, or of an item of a document. */
export interface Mapping {
  /** The first one whose fields are all there. */
  readonly url: readonly Template[];
  readonly name?: readonly Template[];
  readonly size?: readonly Template[];
  readonly about?: readonly Template[];
  readonly digests?: readonly MappedDigest[];
  readonly checksumsFrom?: Template | undefined;
  /** Without a value for its URL it is passed over, and no error. */
  readonly skipsEmpty?: boolean;
}

export interface MappedDigest {
  /** @default said by the value: `md5:HEX`, or by its length */
  readonly algorithm?: string;
  readonly template: Template;
}

export type Mapped = { readonly draft: Draft } | { readonly problem: string } | 'passed over';

export function mapped(mapping: Mapping, lookup: Lookup, at: Place): Mapped {
  let missing: string | undefined;
  for (const template of mapping.url) {
    const url = template.url(lookup);
    if ('problem' in url) return url;
    if ('text' in url) return withUrl(mapping, url.text, lookup, at);
    missing ??= url.missing;
  }
  return mapping.skipsEmpty === true ? 'passed over' : { problem: `${missing ?? 'its URL'} is empty` };
}

function withUrl(mapping: Mapping, url: string, lookup: Lookup, at: Place): Mapped {
  const checksums = mapping.checksumsFrom?.url(lookup);
  const draft: Draft = {
    at,
    sources: [url],
    name: firstText(mapping.name, lookup),
    size: firstText(mapping.size, lookup),
    about: firstText(mapping.about, lookup),
    digests: (mapping.digests ?? []).flatMap((each) => digestOf(each, lookup)),
    ...(checksums !== undefined && 'text' in checksums ? { checksumsFrom: checksums.text } : {}),
  };
  return { draft };
}

function firstText(templates: readonly Template[] | undefined, lookup: Lookup): string | undefined {
  for (const template of templates ?? []) {
    const filled = template.name(lookup);
    if ('text' in filled) return filled.text;
  }
  return undefined;
}

function digestOf({ algorithm, template }: MappedDigest, lookup: Lookup): readonly WrittenDigest[] {
  const value = firstText([template], lookup);
  if (value === undefined) return [];
  return [algorithm === undefined ? writtenDigest(value) : { algorithm, value }];
}
