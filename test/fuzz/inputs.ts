import fc from 'fast-check';

/** What has broken a parser before. */
const NASTY = [
  '',
  '\0',
  '\r\n',
  '\n',
  '\t',
  ' ',
  '"',
  "'",
  '\\',
  '%',
  '%00',
  '%ff',
  '%2e%2e%2f',
  '../',
  '..',
  '/',
  '//',
  '@',
  ':',
  ';',
  ',',
  '=',
  '-',
  '*',
  '?',
  '#',
  '[',
  ']',
  '{',
  '}',
  '<',
  '>',
  '&',
  '0',
  '-1',
  '1e309',
  '9007199254740993',
  '99999999999999999999',
  'NaN',
  'null',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '\u202e',
  '\ufeff',
  '\ud800',
  '\u00ff',
  'ü',
  '𝒳',
];

/** A text as it should be, or another, changed in a few places; shrinks to fewer. */
export function mutated(examples: readonly string[], words: readonly string[] = []): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(...NASTY, ...words),
    fc.string({ maxLength: 6 }),
    fc.constantFrom(...examples).chain((text) => fc.nat(text.length).map((at) => text.slice(at))),
  );
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    leavesOut: fc.nat(4),
    piece,
    // A few come so often that what is not linear shows.
    times: fc.oneof(
      { weight: 60, arbitrary: fc.constant(1) },
      { weight: 8, arbitrary: fc.nat(40) },
      { weight: 1, arbitrary: fc.nat(4000) },
    ),
  });
  return fc.tuple(fc.constantFrom(...examples), fc.array(change, { maxLength: 4 })).map(([text, changes]) =>
    changes.reduce((before, { at, leavesOut, piece: put, times }) => {
      const from = Math.floor(at * before.length);
      return `${before.slice(0, from)}${put.repeat(times)}${before.slice(from + leavesOut)}`;
    }, text),
  );
}

/** The same of bytes written as latin1. */
export function mutatedBytes(examples: readonly string[], words: readonly string[] = []): fc.Arbitrary<string> {
  return mutated(examples, words).map((text) => Buffer.from(text).toString('latin1'));
}

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e300,
  Number.MAX_SAFE_INTEGER,
  '',
  'x'.repeat(5000),
  [],
  {},
  [[[[[[]]]]]],
  JSON.parse('{"__proto__":{"polluted":1}}'),
  JSON.parse('{"constructor":{"prototype":{"polluted":1}}}'),
];
const ODD_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'then', 'toJSON', '', '0', 'length'];

/** JSON texts: an example with values, keys and now and then characters changed. */
export function mutatedJson(examples: readonly object[], words: readonly string[] = []): fc.Arbitrary<string> {
  const value = fc.oneof(
    fc.constantFrom(...ODD_VALUES),
    fc.constantFrom(...NASTY, ...words),
    mutated(words.length === 0 ? NASTY : words),
    fc.integer(),
    fc.double(),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const change = fc.record({
    path: fc.array(fc.nat(30), { minLength: 1, maxLength: 5 }),
    how: fc.constantFrom('set', 'set', 'set', 'delete', 'add'),
    key: fc.constantFrom(...ODD_KEYS, ...words),
    value,
  });
  const changed = fc
    .tuple(fc.constantFrom(...examples), fc.array(change, { maxLength: 4 }))
    .map(([example, changes]) => {
      const copy: unknown = JSON.parse(JSON.stringify(example));
      // What is put in may be changed by the next one.
      for (const each of changes) apply(copy, { ...each, value: JSON.parse(JSON.stringify(each.value)) });
      return JSON.stringify(copy);
    });
  return fc.oneof(
    { weight: 8, arbitrary: changed },
    { weight: 1, arbitrary: mutated(examples.map((example) => JSON.stringify(example))) },
    { weight: 1, arbitrary: fc.json() },
  );
}

interface Change {
  readonly path: readonly number[];
  readonly how: string;
  readonly key: string;
  readonly value: unknown;
}

function apply(root: unknown, { path, how, key, value }: Change): void {
  let at = root as Record<string, unknown>;
  for (const [depth, step] of path.entries()) {
    const names = Object.keys(at);
    const name = names[step % Math.max(1, names.length)];
    const next = name === undefined ? undefined : at[name];
    if (name !== undefined && depth < path.length - 1 && typeof next === 'object' && next !== null) {
      at = next as Record<string, unknown>;
      continue;
    }
    if (how === 'add' || name === undefined) define(at, key, value);
    else if (how === 'delete') delete at[name];
    else define(at, name, value);
    return;
  }
}

/** `at.__proto__ = value` would be no field. */
function define(at: object, name: string, value: unknown): void {
  if (Array.isArray(at) && name === 'length') return;
  Object.defineProperty(at, name, { value, enumerable: true, configurable: true, writable: true });
}
