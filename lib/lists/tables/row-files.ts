import type { Place } from '../entry.ts';
import type { Draft, ReaderContext } from '../input/reader.ts';
import type { Mapping } from '../templates/mapping.ts';
import { mapped } from '../templates/mapping.ts';
import type { Lookup } from '../templates/template.ts';

/** The files that a row names, each by what its columns are for it. */
export type Split = (lookup: Lookup) => readonly Lookup[] | { readonly problem: string };

export interface RowMapping {
  readonly context: ReaderContext;
  readonly mapping: Mapping;
  /** @default one file a row */
  readonly split?: Split;
  readonly change?: (draft: Draft) => Draft;
}

/** Gives the files of a row to the context. False where the row names none, and is no error. */
export function takeFiles({ context, mapping, split, change }: RowMapping, lookup: Lookup, at: Place): boolean {
  const files = split?.(lookup) ?? [lookup];
  if ('problem' in files) {
    context.invalid(at, files.problem);
    return true;
  }
  let named = false;
  for (const file of files) {
    const result = mapped(mapping, file, at);
    if (result === 'passed over') continue;
    named = true;
    if ('problem' in result) context.invalid(at, result.problem);
    else context.entry(change?.(result.draft) ?? result.draft);
  }
  return named;
}
