import type { Headers } from './headers.ts';

const LINK = /<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]*))?)*)/g;
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]*))/i;
const ANCHOR = /;\s*anchor\s*=/i;

/**
 * The URL of the page that goes on with this one, by its `Link` header (RFC 8288).
 * @param url of this answer: the link may be relative
 */
export function nextLink(headers: Headers, url: URL): string | undefined {
  for (const [, target = '', parameters = ''] of (headers['link'] ?? '').matchAll(LINK)) {
    const [, quoted, plain = ''] = REL.exec(parameters) ?? [];
    const relations = (quoted ?? plain).toLowerCase().split(/\s+/);
    if (relations.includes('next') && !ANCHOR.test(parameters)) return URL.parse(target, url.href)?.href;
  }
  return undefined;
}
