/** At most `width` characters; what is cut away is the middle, since the ends of a URL or a path say most. */
export function shorten(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  if (width < 5) return characters.slice(0, Math.max(0, width)).join('');
  const head = Math.floor((width - 1) / 3);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (width - 1 - head)).join('')}`;
}

/** `1 piece`, `2 pieces`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Columns under their headings, two spaces between them; the last one is not padded. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `name:  value` lines with the values under each other; what is undefined is left out, and so is an empty name. */
export function facts(pairs: readonly (readonly [name: string, value: string | undefined])[]): readonly string[] {
  const present = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const width = Math.max(0, ...present.map(([name]) => name.length)) + 2;
  return present.map(([name, value]) => `${(name === '' ? '' : `${name}:`).padEnd(width)}${value}`);
}
