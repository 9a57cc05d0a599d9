import { cleaned } from '../../../lib/errors/redact.ts';

/** What a kind of option takes: as text from flags and environment, and in the config file. */
export interface Kind<T> {
  /** Stands for the value in the help. Absent: a switch, which takes none. */
  readonly placeholder?: string;
  readonly isRepeatable?: boolean;
  /** All there is to choose from; shell completion offers them. */
  readonly choices?: readonly string[];
  /** The shape of the value in the config file, before it is read as text like any other. */
  readonly shape: Shape;
  /** @throws BadValue, whose message never shows a secret. */
  parse(texts: readonly string[]): T;
}

/** What the config file may hold for an option: `config-shape.ts` has the schema of each. */
export type Shape = 'text' | 'amount' | 'switch' | 'pairs' | 'headers' | 'texts';

export type ConfigValue =
  | string
  | number
  | boolean
  | readonly string[]
  | Readonly<Record<string, string | number | boolean>>;

/** Why a value can't be taken, as the second half of a sentence that begins with where it was given. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

export function oneText<T>(placeholder: string, shape: Shape, parse: (text: string) => T): Kind<T> {
  // A flag given twice means the second one, as everywhere.
  return { placeholder, shape, parse: (texts) => parse((texts.at(-1) ?? '').trim()) };
}

/** A value as a sentence shows it: cut, and without what looks like a login, which may stand there by mistake. */
export function show(given: string): string {
  return given === '' ? 'an empty text' : `"${cleaned(given, 200)}"`;
}
