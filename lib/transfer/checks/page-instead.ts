/**
 * A login or error page that stands where a file was: HTML where something else was before. Such a page is never taken
 * for a new version of the file, whatever is to happen when the source changes.
 */
export function isPageInstead(typeBefore: string | undefined, typeNow: string | undefined): boolean {
  return typeBefore !== undefined && !isHtml(typeBefore) && typeNow !== undefined && isHtml(typeNow);
}

/** Names of pages, and of programs that make them. */
const PAGES = /\.(?:x?html?|shtml|php\d?|aspx?|jspx?|cgi|do|md|txt)$/i;

/** Whether a page came for what is by its name another kind of file: a login, a consent, an error. */
export function isPageFor(name: string | undefined, contentType: string | undefined): boolean {
  const isOtherFile = name !== undefined && /\.[a-z][a-z\d]{1,4}$/i.test(name) && !PAGES.test(name);
  return isOtherFile && contentType !== undefined && isHtml(contentType);
}

function isHtml(contentType: string): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(contentType);
}

/** Without its parameters, in lower case. */
export function mediaType(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}
