/** Names in lower case, several of one name joined by `, ` (RFC 9110 §5.3); characters are the bytes (latin1). */
export type Headers = Readonly<Record<string, string>>;

/** `Content-Length` in bytes; `undefined` where it is not stated, or is no number. */
export function lengthOf(headers: Headers): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Servers write UTF-8 into headers where they should encode it; the text here is its bytes as latin1. */
export function decodedUtf8(text: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}
