/** One side of a range, such as the `01` of `{01..12}`. */
const RANGE = /^(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])$/;
const MOST_DEEP = 10;

/**
 * A pattern without braces for each of its alternatives: `{a,b}`, one in another, `{01..12}` and `{a..f}`. Braces with
 * neither a comma nor a range stand for themselves.
 * @throws RangeError where a brace is not closed, or all of them together have more characters than `most`
 */
export function alternatives(pattern: string, most: number): readonly string[] {
  return expanded(pattern, { left: most }, 0);
}

function expanded(pattern: string, room: { left: number }, depth: number): readonly string[] {
  const open = find(pattern, '{', 0);
  if (open === undefined) {
    room.left -= pattern.length + 1;
    if (room.left < 0) throw new RangeError('its alternatives in braces are too many');
    return [pattern];
  }
  if (depth > MOST_DEEP * 10) throw new RangeError('its alternatives in braces are too many');
  const { close, commas } = partsOf(pattern, open);
  const [before, inside, after] = [pattern.slice(0, open), pattern.slice(open + 1, close), pattern.slice(close + 1)];
  const range = RANGE.exec(inside);
  if (commas.length === 0 && range === null) return expanded(`${before}\\{${inside}\\}${after}`, room, depth + 1);
  const choices = range === null ? splitAt(pattern, open, commas, close) : rangeOf(range[1] ?? '', range[2] ?? '');
  return choices.flatMap((choice) => expanded(`${before}${choice}${after}`, room, depth + 1));
}

/** Not escaped, and not in brackets. */
function find(pattern: string, wanted: string, from: number): number | undefined {
  for (let at = from; at < pattern.length; at += 1) {
    const char = pattern[at];
    if (char === '\\') at += 1;
    else if (char === wanted) return at;
    else if (char === '[') at = Math.max(at, pattern.indexOf(']', at + 2));
  }
  return undefined;
}

function partsOf(pattern: string, open: number): { readonly close: number; readonly commas: readonly number[] } {
  const commas: number[] = [];
  let deep = 0;
  for (let at = open; at < pattern.length; at += 1) {
    const char = pattern[at];
    if (char === '\\') at += 1;
    else if (char === '[') at = Math.max(at, pattern.indexOf(']', at + 2));
    else if (char === '{') deep += 1;
    else if (char === ',' && deep === 1) commas.push(at);
    else if (char === '}') {
      deep -= 1;
      if (deep === 0) return { close: at, commas };
    }
    if (deep > MOST_DEEP) throw new RangeError(`more than ${MOST_DEEP} braces lie in one another`);
  }
  throw new RangeError('a { in it is not closed; \\{ stands for the character');
}

function splitAt(pattern: string, open: number, commas: readonly number[], close: number): readonly string[] {
  const ends = [...commas, close];
  return ends.map((end, index) => pattern.slice((index === 0 ? open : (commas[index - 1] ?? open)) + 1, end));
}

/** As bash has it: with as many digits as the longer side where one of them begins with 0. */
function rangeOf(first: string, last: string): readonly string[] {
  const isNumbers = /\d/.test(first) && /\d/.test(last);
  if (!isNumbers && (/\d/.test(first) || /\d/.test(last))) throw new RangeError(`{${first}..${last}} is no range`);
  const [from, to] = isNumbers ? [Number(first), Number(last)] : [first.charCodeAt(0), last.charCodeAt(0)];
  if (Math.abs(to - from) >= 1000) throw new RangeError(`{${first}..${last}} has more than 1000 alternatives`);
  const step = from <= to ? 1 : -1;
  const all = Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => from + step * index);
  if (!isNumbers) return all.map((code) => String.fromCharCode(code));
  const digits = /^-?0\d/.test(first) || /^-?0\d/.test(last) ? Math.max(first.length, last.length) : 0;
  return all.map((number) =>
    number < 0 ? `-${String(-number).padStart(digits - 1, '0')}` : String(number).padStart(digits, '0'),
  );
}
