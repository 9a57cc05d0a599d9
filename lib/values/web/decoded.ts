/** Percent-decoded UTF-8; what is not encoded like that stays as it is. */
export function decodedOrAsIs(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
