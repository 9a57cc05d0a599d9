import type { Instant } from '../../values/time.ts';

/**
 * When the signature in a presigned URL ends, or `undefined` where none is recognised: AWS and Google V4 (date +
 * seconds), AWS V2, Google V2 and CloudFront (`Expires`, seconds since 1970), Azure SAS (`se`, ISO 8601). The earliest,
 * if several.
 */
export function signatureExpiry(url: URL): Instant | undefined {
  const query = new Map([...url.searchParams].map(([name, value]) => [name.toLowerCase(), value]));
  const found = [
    datePlusSeconds(query.get('x-amz-date'), query.get('x-amz-expires')),
    datePlusSeconds(query.get('x-goog-date'), query.get('x-goog-expires')),
    epochSeconds(query.get('expires')),
    query.has('sig') ? isoDate(query.get('se')) : undefined,
  ].filter((at) => at !== undefined);
  return found.length === 0 ? undefined : Math.min(...found);
}

/** `20260131T235959Z` and seconds from then. */
function datePlusSeconds(date: string | undefined, seconds: string | undefined): Instant | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date ?? '');
  if (match === null || seconds === undefined || !/^\d{1,9}$/.test(seconds)) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const from = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(from) ? undefined : from + Number(seconds) * 1000;
}

/** Ten digits: another number under that name is not a time of our days. */
function epochSeconds(text: string | undefined): Instant | undefined {
  return text !== undefined && /^\d{10}$/.test(text) ? Number(text) * 1000 : undefined;
}

function isoDate(text: string | undefined): Instant | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** Parameters under which links carry what makes them good for a time, in lower case. */
const SIGNED = /sign|^sig$|token|expir|policy|hmac|^hdn|key-pair|credential|^(?:auth|verify|md5|hash|exp|st|se|e|h|t)$/;

/** Whether the link may be good for a time only, whether or not its end can be read from it. */
export function looksSigned(url: string): boolean {
  return [...new URL(url).searchParams.keys()].some((name) => SIGNED.test(name.toLowerCase()));
}
