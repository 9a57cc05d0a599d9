import type { ListOptions } from '../options.ts';

/** What relative names belong to: a base is a folder, whether it ends with `/` or not. */
export function baseOf({ base, listUrl }: Pick<ListOptions, 'base' | 'listUrl'>): string | undefined {
  if (base === undefined) return listUrl;
  return base.endsWith('/') ? base : `${base}/`;
}
