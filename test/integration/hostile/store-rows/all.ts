import type { HostileStoreRow } from '../../../support/hostile-store-row.ts';
import { INTO_STORES } from './destination.ts';
import { LACKING } from './lacking.ts';
import { FROM_STORES } from './source.ts';

/** By the headings under which docs/reliability.md lists them. */
export const HOSTILE_STORES: Readonly<
  Record<
    'Stores that are read' | 'Stores that are written to' | 'Stores that lack something',
    readonly HostileStoreRow[]
  >
> = {
  'Stores that are read': FROM_STORES,
  'Stores that are written to': INTO_STORES,
  'Stores that lack something': LACKING,
};
