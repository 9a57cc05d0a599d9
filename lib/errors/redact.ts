/**
 * A URL as it may be shown and stored: no user, no password, no query value, no fragment. Any query value may be a
 * credential (presigned links, tokens under any name), so none is kept; names are, since they help to recognise a URL.
 */
export function redactUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return redactText(text.split(/[?#]/, 1)[0] ?? '').slice(0, 200);
  }
  // A parameter without a value may itself be the token: its name is not kept either.
  const names = [...url.searchParams].map(([name, value]) =>
    value === '' ? '***' : `${encodeURIComponent(name)}=***`,
  );
  const user = url.username !== '' || url.password !== '' ? '***@' : '';
  const query = names.length > 0 ? `?${names.join('&')}` : url.search !== '' ? '?***' : '';
  return `${url.protocol}//${user}${url.host}${url.pathname}${query}`;
}

/** True when `redactUrl` takes something away: such a URL can't be used again from what was stored. */
export function holdsSecret(text: string): boolean {
  const url = URL.parse(text);
  return url === null || url.username !== '' || url.password !== '' || url.search !== '';
}

/**
 * Removes from a foreign message (of a library, of a server) whatever looks like a URL with credentials or a signature.
 */
export function redactText(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1***@')
    .replace(/([?&][^=&\s"'<>]+=)[^&\s"'<>]+/g, '$1***')
    .replace(/\b(authorization|proxy-authorization|cookie|set-cookie)\b\s*[:=]\s*[^\r\n]*/gi, '$1: ***');
}
