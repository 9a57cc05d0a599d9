/** S3's own answers have four levels; some stores add a few. */
const MOST_LEVELS = 32;

/**
 * Why a body is none that S3 would send, or `undefined`. Looked at before the SDK's parser, which calls itself for
 * every level, and reads the whole text anew for every document type declaration.
 */
export function xmlProblem(text: string): string | undefined {
  if (/<!doctype/i.test(text)) return 'a document type declaration';
  if (/^\s*<html[\s>]/i.test(text)) return 'an HTML page';
  return isDeep(text) ? `more than ${MOST_LEVELS} levels` : undefined;
}

/** Counts as if nothing were a comment or CDATA, in which S3 puts nothing. */
function isDeep(text: string): boolean {
  let level = 0;
  let end = -1;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    const next = text[at + 1];
    if (next === '/') level -= 1;
    else if (next !== '?' && next !== '!') {
      // Looked for once, where many begin before it.
      if (end < at) end = endOfTag(text, at);
      if (text[end - 1] !== '/') level += 1;
    }
    if (level > MOST_LEVELS) return true;
  }
  return false;
}

function endOfTag(text: string, at: number): number {
  const end = text.indexOf('>', at);
  return end < 0 ? text.length : end;
}
