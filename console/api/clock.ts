import { store } from '../state/store.ts';

/* The server's clock: ages and times left are counted by it, since a browser's may be wrong by hours. */

/** What the server's clock is ahead of the browser's. */
export const offsetMs = store(0);

/** A `Date` header has whole seconds: only more than that is a difference. */
const COARSE_MS = 2_000;

export function hearDate(header: string | null): void {
  const at = Date.parse(header ?? '');
  if (Number.isNaN(at)) return;
  const found = at - Date.now();
  if (Math.abs(found - offsetMs.get()) > COARSE_MS) offsetMs.set(Math.abs(found) > COARSE_MS ? found : 0);
}

export function serverNow(): number {
  return Date.now() + offsetMs.get();
}
