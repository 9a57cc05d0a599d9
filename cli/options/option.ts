import type { Kind } from './kinds/kind.ts';

export type SettingVerb =
  | 'copy'
  | 'batch'
  | 'submit'
  | 'serve'
  | 'plan'
  | 'list'
  | 'status'
  | 'cancel'
  | 'retry'
  | 'clean'
  | 'pause'
  | 'resume'
  | 'queue'
  | 'limits'
  | 'hosts'
  | 'ops';

/** Headings of the help, in this order. */
export const GROUPS = [
  'List',
  'Transfer',
  'Proof',
  'Source',
  'Connections',
  'Object',
  'S3',
  'Server',
  'Notification',
  'Output and state',
] as const;
type Group = (typeof GROUPS)[number];

/**
 * One setting: its flag, variable and config key are derived from its key in the table, so that they can't drift apart.
 */
export interface OptionSpec<T> {
  readonly kind: Kind<T>;
  readonly group: Group;
  readonly verbs: readonly SettingVerb[];
  /** One line, without a full stop. */
  readonly help: string;
  /** What holds without it, as people read it. */
  readonly fallback?: string;
  readonly short?: string;
  /** False: makes no sense in a config file. @default true */
  readonly inConfig?: boolean;
}

export const EVERY_VERB: readonly SettingVerb[] = [
  'copy',
  'batch',
  'submit',
  'serve',
  'plan',
  'list',
  'status',
  'cancel',
  'retry',
  'clean',
  'pause',
  'resume',
  'queue',
  'limits',
  'hosts',
  'ops',
];
/** Verbs that talk to the source. */
export const FETCHING: readonly SettingVerb[] = ['copy', 'batch', 'plan', 'retry', 'serve'];
/** Verbs that talk to the destination. */
export const STORING: readonly SettingVerb[] = ['copy', 'batch', 'plan', 'status', 'cancel', 'retry', 'clean', 'serve'];
/** Verbs that take a new request. */
export const ASKING: readonly SettingVerb[] = ['copy', 'submit', 'plan'];
/** The same, and the one that takes many: what holds for each of them. */
export const ASKING_EACH: readonly SettingVerb[] = [...ASKING, 'batch'];

/** What is said of the source to the home that asks it: this machine, or a deployment. */
export const ASKING_SOURCE: readonly SettingVerb[] = ['copy', 'batch', 'plan', 'retry', 'submit'];
/** The same, where it holds for every source of a machine, too. */
export const ASKING_SOURCES: readonly SettingVerb[] = [...ASKING_SOURCE, 'serve'];

export function option<T>(spec: OptionSpec<T>): OptionSpec<T> {
  return spec;
}

/** `expectSha256` → `expect-sha256`. */
function nameOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function flagOf(key: string): string {
  return `--${nameOf(key)}`;
}

/** Switches a switch off again, where the environment or the config file switched it on. */
export function negationOf(key: string): string {
  const name = nameOf(key);
  return name.startsWith('no-') ? `--${name.slice(3)}` : `--no-${name}`;
}

/** `expectSha256` → `PIECEWORK_EXPECT_SHA256`. */
export function variableOf(key: string): string {
  return `PIECEWORK_${nameOf(key).replaceAll('-', '_').toUpperCase()}`;
}
