/**
 * A login or error page that stands where a file was: HTML where something else was before. Such a page is never taken
 * for a new version of the file, whatever is to happen when the source changes.
 */
export function isPageInstead(typeBefore: string | undefined, typeNow: string | undefined): boolean {
  return typeBefore !== undefined && !isHtml(typeBefore) && typeNow !== undefined && isHtml(typeNow);
}

function isHtml(contentType: string): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(contentType);
}

/** Without its parameters, in lower case. */
export function mediaType(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}
