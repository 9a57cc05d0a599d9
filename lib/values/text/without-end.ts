/**
 * The text without the characters at its end that `isPart` takes. A regular expression that looks for them (`/\.+$/`)
 * begins anew at each one in the middle, which takes minutes in a long text.
 */
export function withoutEnd(text: string, isPart: (character: string) => boolean): string {
  let end = text.length;
  while (end > 0 && isPart(text[end - 1] ?? '')) end -= 1;
  return text.slice(0, end);
}
