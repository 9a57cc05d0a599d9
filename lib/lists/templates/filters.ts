import { decodedOrAsIs } from '../../values/web/decoded.ts';

/** What stands for a field: text, or a URL (or a part of one), whose letters are percent-encoded already. */
export interface Value {
  readonly text: string;
  readonly isUrl: boolean;
}

export type Filter = (value: Value) => Value;

export function asValue(text: string): Value {
  return { text, isUrl: /^[a-z][a-z0-9+.-]*:\/\//i.test(text) };
}

/** As text for a name: without scheme, login and query, decoded. */
export function textValue({ text }: Value): string {
  const place = withoutQuery(text).replace(/^[a-z][a-z0-9+.-]*:\/\/(?:[^/]*@)?/i, '');
  // A slash that was encoded is a letter of a name.
  return place
    .split('/')
    .map((segment) => decodedOrAsIs(segment).replaceAll('/', '_'))
    .join('/');
}

export const FILTERS: Readonly<Record<string, Filter>> = {
  /** `a/b.tar.gz` → `b.tar.gz` */
  basename: (value) => changed(value, (text) => text.slice(text.lastIndexOf('/') + 1)),
  /** `a/b.tar.gz` → `a`; of a name without a folder, nothing */
  dirname: (value) => changed(value, (text) => text.slice(0, Math.max(0, text.lastIndexOf('/')))),
  /** `a/b.tar.gz` → `b.tar` */
  stem: (value) => changed(value, (text) => withExtension(text).stem),
  /** `a/b.tar.gz` → `.gz` */
  ext: (value) => changed(value, (text) => withExtension(text).extension),
  lower: ({ text, isUrl }) => ({ text: text.toLowerCase(), isUrl }),
};

function changed({ text, isUrl }: Value, change: (text: string) => string): Value {
  const place = isUrl ? withoutQuery(text) : text;
  let end = place.length;
  while (end > 0 && place[end - 1] === '/') end -= 1;
  return { text: change(place.slice(0, end)), isUrl };
}

function withExtension(text: string): { readonly stem: string; readonly extension: string } {
  const name = text.slice(text.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? { stem: name.slice(0, dot), extension: name.slice(dot) } : { stem: name, extension: '' };
}

function withoutQuery(text: string): string {
  return text.split(/[?#]/, 1)[0] ?? '';
}
