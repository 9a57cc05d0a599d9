import { createHash } from 'node:crypto';
import type { Start } from '../../http/requests/redirects.ts';
import { putLast } from '../../net/pools/recently-used.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';

/** Where redirects led to one version of one source. In memory alone, since a target may be signed. */
export interface Reached {
  at(from: SourceLocator, snapshot: Snapshot): Start | undefined;
  keep(from: SourceLocator, snapshot: Snapshot, start: Start): void;
  /** Unless another one has taken its place meanwhile. */
  forget(from: SourceLocator, snapshot: Snapshot, start: Start): void;
}

const MOST = 256;

export function reachedTargets(): Reached {
  // The ones used last are at the end.
  const targets = new Map<string, Start>();
  return {
    at: (from, snapshot) => targets.get(nameOf(from, snapshot)),
    keep(from, snapshot, start) {
      putLast(targets, MOST, nameOf(from, snapshot), start);
    },
    forget(from, snapshot, start) {
      const name = nameOf(from, snapshot);
      if (targets.get(name) === start) targets.delete(name);
    },
  };
}

/** All that decides where redirects lead, and the version: two transfers of one URL may have met two mirrors. */
function nameOf(from: SourceLocator, { validator, sizeBytes }: Snapshot): string {
  return createHash('sha256')
    .update(JSON.stringify([from, validator, sizeBytes]))
    .digest('base64');
}
