/** Alarms that say the same: the group makes one call for them, and its heading says which to look at first. */
export interface Group {
  /** In a sentence. */
  readonly what: string;
  /** Ids of its alarms; each is in one group at most. */
  readonly alarms: readonly string[];
}

/** Each under the name of its heading in docs/runbook.md. */
export const GROUPS: Readonly<Record<string, Group>> = {
  'Planners fail': {
    what: 'Planners die, or have died over a transfer again and again.',
    alarms: ['PlannerFunctionErrors', 'PlanDeadLetters', 'StreamDeadLetters'],
  },
  'Fetchers fail': {
    what: 'Fetchers die, or have died over a piece again and again.',
    alarms: ['FetcherFunctionErrors', 'PieceDeadLetters'],
  },
  'Finalizer fails': {
    what: 'The finalizer does not do its work, so nothing is sent again and nothing ends.',
    alarms: ['FinalizerErrors', 'NoTick', 'OldestResult', 'ResultDeadLetters'],
  },
  'API fails': {
    what: 'The API does not answer as it should.',
    alarms: ['APIErrors', 'ApiFunctionErrors'],
  },
  Throttles: {
    what: 'The account has no room for the functions.',
    alarms: ['ApiThrottles', 'PlannerThrottles', 'FetcherThrottles', 'FinalizerThrottles'],
  },
  'Destination denied': {
    what: 'Transfers fail since a right at a destination is missing.',
    alarms: ['PlannerDestinationDenied', 'FinalizerDestinationDenied'],
  },
};
