import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** How the validator begins a sentence of its own; the schemas' own sentences begin with a verb in small letters. */
const NOT_OURS = /^(Invalid|Too|Unrecognized|Expected|Required)\b/;

/**
 * What is wrong with a value, in words that go on from its name: "options.parallelism: is to be at most 256". The
 * schema's own sentence where it has one; the value itself is never quoted.
 */
export function sentenceOf(issue: Issue): string {
  return NOT_OURS.test(issue.message) ? ownWords(issue) : issue.message;
}

function ownWords(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && /received undefined/.test(issue.message)
        ? `is missing: ${typeOf(issue.expected)} is to be given`
        : `is to be ${typeOf(issue.expected)}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `is to be ${shown(issue.values[0])}`
        : `is to be one of ${issue.values.map(shown).join(', ')}`;
    case 'too_small':
      return boundary(issue.origin, 'at least', Number(issue.minimum));
    case 'too_big':
      return boundary(issue.origin, 'at most', Number(issue.maximum));
    case 'unrecognized_keys':
      return 'is not known here';
    case 'invalid_union':
      return 'has the form of none of the kinds that are taken here';
    case 'not_multiple_of':
      return `is to be a multiple of ${issue.divisor}`;
    default:
      return 'is not as it is to be';
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object of names and values',
  undefined: 'left out',
  null: 'null',
};

function typeOf(expected: string): string {
  return TYPES[expected] ?? `a ${expected}`;
}

/** `is to have at most 10 characters`. */
function boundary(origin: string, which: string, bound: number): string {
  const unit: Readonly<Record<string, string>> = {
    string: 'character',
    array: 'entry',
    object: 'entry',
    record: 'entry',
  };
  const of = unit[origin];
  if (of === undefined) return `is to be ${which} ${bound}`;
  if (which === 'at least' && bound === 1) return 'is empty';
  const many = of === 'entry' ? 'entries' : `${of}s`;
  return `is to have ${which} ${bound} ${bound === 1 ? of : many}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
