import { resolve, sep } from 'node:path';

/** The server of this machine knows every destination, but not our folder. */
export function destinationHere(to: string): string {
  if (to === '-' || /^[a-z][a-z0-9+.-]*:\/\//i.test(to)) return to;
  const path = resolve(to);
  return /[/\\]$/.test(to) && !path.endsWith(sep) ? `${path}${sep}` : path;
}

/** The same of a folder or a prefix, with a slash at its end. */
export function folderHere(to: string): string {
  const path = destinationHere(to);
  return /[/\\]$/.test(path) ? path : `${path}/`;
}
