/**
 * - `ok`: as it should be.
 * - `look`: it works, and a person should look.
 * - `broken`: the deployment does not do all that it should until a person acts.
 * - `unseen`: it could not be looked at, so nothing is known.
 * - `absent`: what would say it is not offered where the deployment is, as on a stand-in for AWS.
 */
export const STATES = ['ok', 'look', 'broken', 'unseen', 'absent'] as const;
export type FindingState = (typeof STATES)[number];

/** Headings of docs/runbook.md that are those of alarms, as far as a finding points there. */
export const ALARM_HEADINGS = [
  'Parked messages',
  'Piece dead letters',
  'Plan dead letters',
  'Stream dead letters',
  'Result dead letters',
  'Notification dead letters',
  'Oldest piece',
  'Oldest plan',
  'Oldest stream',
  'Oldest result',
  'Finalizer errors',
  'Function errors',
  'Throttles',
  'No tick',
  'Stuck transfers',
] as const;
/** Those of findings alone. */
export const OWN_HEADINGS = [
  'Paused',
  'Old markers',
  'Uploads without a record',
  'Missing rights',
  'Network',
  'Other versions',
  'Lifecycle rule',
  'Stack',
] as const;
export type Heading = (typeof ALARM_HEADINGS)[number] | (typeof OWN_HEADINGS)[number];

/** What was found at one thing that was looked at. */
export interface Finding {
  /** What was looked at, in a word or two; several findings may be of one check. */
  readonly check: string;
  readonly state: FindingState;
  /** In a sentence, without a full stop. */
  readonly what: string;
  /** What to do, where there is something to do. */
  readonly todo?: string;
  /** A heading of docs/runbook.md, as an anchor. */
  readonly see?: string;
}

export function ok(check: string, what: string): Finding {
  return { check, state: 'ok', what };
}

export function finding(
  check: string,
  state: 'look' | 'broken',
  what: string,
  { todo, see }: { readonly todo?: string; readonly see: Heading },
): Finding {
  return { check, state, what, ...(todo === undefined ? {} : { todo }), see: anchorOf(see) };
}

/** A command that an operator can type. @param name of the deployment */
export function opsCommand(action: 'replay' | 'resume', { name }: { readonly name: string }): string {
  return `piecework ops ${action} --stack ${name}`;
}

/** `No tick` → `no-tick`. */
export function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(' ', '-');
}
