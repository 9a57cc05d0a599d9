import type { PieceworkProps } from '../props/props.ts';
import { PieceworkPropsError } from '../props/props-error.ts';
import type { FormPlace } from './forms.ts';
import { FORMS } from './table.ts';

/** Settings of the stack, from the context (`cdk.json`, or `-c name=value`), by their names. */
export type StackSettings = Readonly<Partial<Record<SettingName, string>>>;

export type SettingName = keyof PieceworkProps | 'standIn';

/** Besides those of the stack. */
const OF_THE_APP = ['stackName'];

interface Context {
  getAllContext(): unknown;
}

/**
 * Reads the settings from a node's context.
 * @throws PieceworkPropsError at a name that is none of ours: it would otherwise be a default, without a word. Names of
 * the CDK itself have a sign in them (`@aws-cdk/…`, `aws:cdk:…`, `vpc-provider:…`).
 */
export function stackSettings(context: Context): StackSettings {
  const known = [...Object.keys(FORMS), 'standIn'];
  const given = Object.entries((context.getAllContext() ?? {}) as Record<string, unknown>);
  const ours = given.filter(([name, value]) => !/[^A-Za-z0-9]/.test(name) && value !== undefined);
  const unknown = ours.map(([name]) => name).find((name) => ![...known, ...OF_THE_APP].includes(name));
  if (unknown !== undefined) throw new PieceworkPropsError(`-c ${unknown}=… is no setting; ${meant(unknown, known)}`);
  return Object.fromEntries(
    ours.filter(([name]) => known.includes(name)).map(([name, value]) => [name, textOf(name, value)]),
  );
}

/** @throws PieceworkPropsError at a text that does not have the form of its prop. */
export function propsOf(settings: StackSettings, scope: FormPlace['scope']): Partial<PieceworkProps> {
  const entries = Object.entries(FORMS).flatMap(([name, form]) => {
    const text = settings[name as SettingName];
    if (text === undefined) return [];
    const value = form.read(text, { scope, name });
    if (value === undefined) throw new PieceworkPropsError(`${name} is written as ${form.written}, and is "${text}".`);
    return [[name, value]];
  });
  return Object.fromEntries(entries) as Partial<PieceworkProps>;
}

/** A list in `cdk.json` is what the command line writes with commas. */
function textOf(name: string, value: unknown): string {
  const items = Array.isArray(value) ? value : [value];
  if (items.some((item) => typeof item === 'object' || item === undefined))
    throw new PieceworkPropsError(`the context's ${name} must be a text, a number, or a list of them.`);
  return items.map(String).join(',');
}

function meant(unknown: string, known: readonly string[]): string {
  const plain = (name: string) => name.toLowerCase();
  const alike = known.find((name) => plain(name).startsWith(plain(unknown)) || plain(unknown).startsWith(plain(name)));
  return alike === undefined ? `there are ${known.join(', ')}.` : `is ${alike} meant?`;
}
