/** Letters of a path that mean nothing else there (RFC 3986, pchar), and are easier to read as they are. */
const PLAIN_IN_PATHS = /%(?:3A|40|24|26|2C|3B|3D)/g;

/** Text as the path of a URL; `/` stays. `undefined`: a segment `.` or `..` would lead to another folder. */
export function pathText(text: string): string | undefined {
  if (text.split('/').some((segment) => segment === '.' || segment === '..')) return undefined;
  return encodeURIComponent(text.toWellFormed()).replaceAll('%2F', '/').replaceAll(PLAIN_IN_PATHS, decodeURIComponent);
}

/** Text as a value in a query. */
export function queryText(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
