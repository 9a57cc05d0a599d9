import { store } from '../state/store.ts';

/* The token of this tab. It comes behind the `#`, which no browser sends and no server logs. */

const KEY = 'piecework-token';

/** `none`: none was given; `refused`: the server does not take the one that is there. */
export type Entry = 'none' | 'given' | 'refused';

export const entry = store<Entry>(tokenOf() === undefined ? 'none' : 'given');

export function tokenOf(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

export function takeToken(token: string): void {
  sessionStorage.setItem(KEY, token.trim());
  entry.set('none');
  entry.set('given');
}

export function refuseToken(): void {
  entry.set(tokenOf() === undefined ? 'none' : 'refused');
}

/** Takes a token out of the address, and leaves none in the history. */
export function takeTokenOfAddress(): boolean {
  const [, token] = /^#token=([^&]+)$/.exec(location.hash) ?? [];
  if (token === undefined) return false;
  history.replaceState(null, '', `${location.pathname}#/`);
  takeToken(decodeURIComponent(token));
  return true;
}
