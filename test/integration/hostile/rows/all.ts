import type { HostileRow } from '../../../support/hostile-row.ts';
import { BODIES } from './bodies.ts';
import { HEADS } from './heads.ts';
import { PATIENCE } from './patience.ts';
import { RANGES } from './ranges.ts';
import { REDIRECTS } from './redirects.ts';
import { VERSIONS } from './versions.ts';

/** By the headings under which docs/reliability.md lists them. */
export const HOSTILE: Readonly<Record<string, readonly HostileRow[]>> = {
  'Ranges that are not what was asked for': RANGES,
  'Bodies that are not what was promised': BODIES,
  'Versions that change or look the same': VERSIONS,
  'Servers that want patience, or refuse': PATIENCE,
  Redirects: REDIRECTS,
  'Answers that are none': HEADS,
};
