/** The URLs of this project whose path is a key or a path of a file, not one of the web. */
const NOT_OF_THE_WEB = /^\s*(s3|ftps?|ftpes|sftp|file):\/\/[^\\/?#]*\//i;

/**
 * The same URL, in a spelling from which a reader of web URLs takes the path as it was written: `#`, `\` and spaces are
 * letters of a key or a path, and so is `?` but in `s3:`, where a version may follow it. Any other URL stays as it is.
 */
export function withPathAsWritten(text: string): string {
  const [authority = '', scheme = ''] = NOT_OF_THE_WEB.exec(text) ?? [];
  if (authority === '') return text;
  const letters = /^file$/i.test(scheme) ? /[\p{Cc}\s#\\?]/gu : /[\p{Cc}\s#\\]/gu;
  return authority + text.slice(authority.length).replace(letters, (letter) => encodeURIComponent(letter));
}

/** A reader of web URLs goes a folder up at `..` and leaves `.` out, also where they are percent-encoded. */
export function hasDotSegments(text: string): boolean {
  const [authority = ''] = NOT_OF_THE_WEB.exec(text) ?? [];
  if (authority === '') return false;
  const [path = ''] = withPathAsWritten(text).slice(authority.length).split('?', 1);
  return path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}
