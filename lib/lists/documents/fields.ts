import type { Lookup } from '../templates/template.ts';

/** An item of a document, and what it lies in: the innermost first. */
export interface Scope {
  readonly values: readonly unknown[];
  /** The name or the number under which the item lies. */
  readonly key: string;
}

/**
 * The text of a field of the item: `size`, `lfs.oid`; `^id` is a field of what the item lies in, the nearest that has
 * it; `$key` is the name under which it lies. Of a list of texts, the first.
 */
export function fieldLookup({ values, key }: Scope): Lookup {
  const [item, ...around] = values;
  return (field) => {
    if (field === '$key') return key;
    if (!field.startsWith('^')) return textOf(fieldOf(item, field));
    for (const value of around) {
      const text = textOf(fieldOf(value, field.slice(1)));
      if (text !== undefined) return text;
    }
    return undefined;
  };
}

/** By its whole name first, which may have dots. */
export function fieldOf(value: unknown, path: string): unknown {
  const whole = own(value, path);
  if (whole !== undefined || !path.includes('.')) return whole;
  return path.split('.').reduce<unknown>((at, name) => own(at, name), value);
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value) && typeof value[0] === 'string') return value[0];
  return undefined;
}

/** Texts of a field that has several, as the mirrors of one file. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
