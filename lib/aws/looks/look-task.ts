import type { ErrorRecord } from '../../errors/error.ts';
import type { Foreseen } from '../../pipeline/plan/foresee.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRequest } from '../../transfer/request.ts';

/**
 * What the API asks the planner about a source, and waits for: no message of a queue, but a call of the function
 * (`RequestResponse`), since it holds the source whole. Lambda keeps no payload of such a call.
 */
export interface LookTask {
  readonly kind: 'look';
  readonly v: 1;
  readonly source: SourceLocator;
  readonly request: TransferRequest;
  /** Of the request that asks, where the deployment is traced. https://www.w3.org/TR/trace-context/ */
  readonly traceparent?: string;
}

/** What a transfer would be, or what would end it. */
export type LookAnswer = { readonly foreseen: Foreseen } | { readonly refused: ErrorRecord };

/** The planner has so long for a look. */
export const LOOK_MS = 18_000;
/** The API waits so long for the planner, which may have to be started first; API Gateway waits for 29 s. */
export const LOOK_ANSWER_MS = 24_000;
