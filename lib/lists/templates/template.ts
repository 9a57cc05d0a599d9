import { PieceworkError } from '../../errors/error.ts';
import { cleaned } from '../../errors/redact.ts';
import type { Filter, Value } from './filters.ts';
import { asValue, FILTERS, textValue } from './filters.ts';
import { pathText, queryText } from './percent-encoded.ts';

/** The text of a column, or of a field of JSON; `undefined` where there is none. */
export type Lookup = (field: string) => string | undefined;

export type Filled = { readonly text: string } | { readonly missing: string } | { readonly problem: string };

interface Field {
  readonly name: string;
  readonly filters: readonly Filter[];
}

/** Text with `{field}` and `{field|filter|filter}` in it; `{{` and `}}` are braces. */
export interface Template {
  readonly fields: readonly string[];
  /** Values are percent-encoded where they stand; one that is a URL already stays as it is. */
  url(lookup: Lookup): Filled;
  /** Values are text: of one that is a URL, host and path, decoded. */
  name(lookup: Lookup): Filled;
}

const TOKEN = /\{\{|\}\}|\{([^{}|]+)((?:\|[^{}|]*)*)\}|[{}]|[^{}]+/g;

/**
 * @param option the option that has it, for the sentence
 * @throws PieceworkError `InvalidOption`
 */
export function parseTemplate(text: string, option: string): Template {
  const parts: (string | Field)[] = [];
  for (const [token, field, filters = ''] of text.matchAll(TOKEN)) {
    if (token === '{{' || token === '}}') parts.push(token.slice(1));
    else if (field !== undefined) parts.push({ name: field.trim(), filters: filtersOf(filters, text, option) });
    else if (token === '{' || token === '}')
      throw invalidTemplate(text, option, 'has a brace without its other; {{ and }} are braces');
    else parts.push(token);
  }
  return templateOf(parts);
}

/** `{name}`, of a name that may have any letters. */
export function fieldTemplate(name: string): Template {
  return templateOf([{ name, filters: [] }]);
}

function templateOf(parts: readonly (string | Field)[]): Template {
  const fields = parts.filter((part) => typeof part !== 'string');
  return {
    fields: [...new Set(fields.map(({ name }) => name))],
    url: (lookup) => fill(parts, lookup, isReference(parts) ? asWritten : encoded),
    name: (lookup) => fill(parts, lookup, (value) => ({ text: value.isUrl ? textValue(value) : value.text })),
  };
}

/** One field alone holds a URL, or a reference that belongs to the base, as its writer spelled it. */
function isReference([first, ...others]: readonly (string | Field)[]): boolean {
  return typeof first === 'object' && first.filters.length === 0 && others.length === 0;
}

function filtersOf(written: string, text: string, option: string): readonly Filter[] {
  return written
    .split('|')
    .slice(1)
    .map((name) => {
      const filter = Object.hasOwn(FILTERS, name.trim()) ? FILTERS[name.trim()] : undefined;
      if (filter !== undefined) return filter;
      const known = Object.keys(FILTERS).join(', ');
      throw invalidTemplate(text, option, `has the filter "${cleaned(name, 40)}", which is none of ${known}`);
    });
}

function invalidTemplate(text: string, option: string, problem: string): PieceworkError {
  return new PieceworkError('InvalidOption', `${option}: the template ${cleaned(text, 200)} ${problem}`);
}

type Written = { readonly text: string } | { readonly problem: string };

function fill(
  parts: readonly (string | Field)[],
  lookup: Lookup,
  write: (value: Value, before: string) => Written,
): Filled {
  let filled = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      // A folder may end with a slash or not.
      filled += part.startsWith('/') && filled.endsWith('/') ? part.slice(1) : part;
      continue;
    }
    const text = lookup(part.name);
    if (text === undefined || text === '') return { missing: part.name };
    const value = part.filters.reduce<Value>((before, filter) => filter(before), asValue(text));
    const written = write(value, filled);
    if ('problem' in written) return { problem: `the value of ${part.name} ${written.problem}` };
    filled += written.text;
  }
  return { text: filled };
}

function asWritten({ text }: Value): Written {
  return { text };
}

function encoded(value: Value, before: string): Written {
  if (/[?#]/.test(before)) return { text: queryText(value.text) };
  if (value.isUrl) return { text: value.text };
  const path = pathText(value.text);
  return path === undefined ? { problem: 'has . or .. for a folder' } : { text: path };
}
