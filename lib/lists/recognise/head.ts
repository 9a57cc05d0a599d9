/** What a list begins with. */
export interface Head {
  readonly text: string;
  /** Its lines that are whole, without those that are empty. */
  readonly lines: readonly string[];
  /** The same without those that begin with `#`. */
  readonly plain: readonly string[];
  /** In lower case, without `.gz` and `.zst`; empty where none is known. */
  readonly fileName: string;
  readonly hasBase: boolean;
}

/** @param isWhole nothing follows the text */
export function headOf(
  text: string,
  isWhole: boolean,
  about: { readonly fileName?: string; readonly base?: string; readonly listUrl?: string },
): Head {
  const all = text.split('\n');
  // A last line that goes on is none yet, unless there is no other.
  const whole = isWhole || all.length === 1 ? all : all.slice(0, -1);
  const lines = whole.map((line) => line.replace(/\r$/, '')).filter((line) => line.trim() !== '');
  const url = about.listUrl === undefined ? null : URL.parse(about.listUrl);
  const name = about.fileName ?? url?.pathname.split('/').at(-1) ?? '';
  return {
    text: text.trimStart(),
    lines,
    plain: lines.filter((line) => !line.startsWith('#')),
    fileName: name.toLowerCase().replace(/\.(?:gz|zst)$/, ''),
    hasBase: about.base !== undefined,
  };
}
