/** What was found in pasted text, or in a list. */
export interface Links {
  readonly urls: readonly string[];
  /** Lines that say something and have no link. */
  readonly otherLines: number;
}

const LINK = /\b(?:https?|ftps?|sftp|s3):\/\/[^\s"'<>\\^`{|}]+/i;

/** The first link of each line, each once. A comma at its end is the table's, not the link's. */
export function linksIn(text: string): Links {
  const urls = new Set<string>();
  let otherLines = 0;
  for (const line of text.split(/\r?\n/)) {
    const words = line.trim();
    if (words === '' || words.startsWith('#')) continue;
    const found = LINK.exec(words)?.[0].replace(/[,;]+.*$/, '');
    if (found === undefined) otherLines += 1;
    else urls.add(found);
  }
  return { urls: [...urls], otherLines };
}
