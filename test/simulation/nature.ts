import type { Chance } from './chance.ts';
import type { FaultKind } from './faults.ts';
import type { TIMES } from './times.ts';

/** What everything in a simulated world stands on: its time, its chance, and its observer. */
export interface Nature {
  readonly now: number;
  readonly chance: Chance;
  readonly times: typeof TIMES;
  after(delayMs: number, happen: () => void): void;
  latencyMs(): number;
  /** Whether this fault happens now; if so it is counted. */
  strikes(kind: FaultKind): boolean;
  count(kind: string): void;
  /** The history came to a situation that not every one comes to. */
  reach(situation: string): void;
  trace(who: string, what: string): void;
  /** An invariant does not hold. */
  broke(what: string): void;
  /** Holds the invariants against the world as it is. */
  check(): void;
  /** To be set when simulated code may have gone on: it runs before the next event. */
  resumed: boolean;
}
