import type { Submission } from '../../pipeline/requests/submit.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import type { AskedDestination, LocateDestination } from '../requests/destinations.ts';

/** How a home says what a submit would come to. */
export interface DryRuns {
  /** As `locate` of the home, and makes no folder. */
  readonly locate: LocateDestination;
  /**
   * Asks the source once, and the destination; nothing is stored.
   * @param asked the destination as it was given
   * @throws PieceworkError what would end the transfer.
   */
  look(submission: Submission, asked: AskedDestination, signal: AbortSignal): Promise<DryRunReport>;
}

export interface DryRunReport {
  /** Redacted; where redirects led. */
  readonly finalUrl: string;
  readonly httpStatus?: number;
  readonly snapshot: Snapshot;
  readonly destination: DestinationLocator;
  /** Something is there already. */
  readonly exists: boolean;
  readonly plan: Plan;
  readonly warnings: readonly string[];
  /** By what was learned of the host. */
  readonly estimate?: Estimate;
  /** Of one connection to the source, where a deployment has measured it. */
  readonly connectionBytesPerSecond?: number;
}

export interface Estimate {
  readonly bytesPerSecond: number;
  readonly seconds: number;
}
