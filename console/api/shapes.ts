import type { Batch, BatchDetail, BatchPage, OutcomePage } from '../../lib/api/schemas/batches/answers.ts';
import type { DryRun } from '../../lib/api/schemas/dry-run.ts';
import type { PiecesEvent } from '../../lib/api/schemas/events.ts';
import type { Hosts } from '../../lib/api/schemas/hosts.ts';
import type { Service as ApiService } from '../../lib/api/schemas/service.ts';
import type { Transfer, TransferDetail, TransferPage } from '../../lib/api/schemas/transfer.ts';

/* What the API answers, as this page reads it. What only some homes or versions send may be absent. */

export type Progress = TransferDetail['progress'];

interface Queued {
  readonly paused?: boolean | undefined;
  readonly priority?: number | undefined;
  readonly waitingPosition?: number | undefined;
}

export type ShownTransfer = Transfer & Queued;
export type ShownDetail = TransferDetail & Queued;
export type Pieces = NonNullable<TransferDetail['pieces']>;
export type InFlight = NonNullable<Pieces['inFlight']>[number];
export type TimelineEntry = NonNullable<TransferDetail['timeline']>[number];

export type ShownBatch = Batch & { readonly paused?: boolean | undefined; readonly priority?: number | undefined };
export type ShownBatchDetail = BatchDetail & { readonly paused?: boolean | undefined };
export type Outcome = OutcomePage['outcomes'][number];
export type { BatchPage, OutcomePage, PiecesEvent, TransferPage };

/** `unknown`: a server of before, that does not say it. */
export interface Service extends Omit<ApiService, 'home' | 'features'> {
  readonly home: ApiService['home'] | 'unknown';
  readonly features: readonly string[];
}
export type Limits = Partial<NonNullable<ApiService['limits']>>;

export type Host = Hosts['hosts'][number];
export type { DryRun };
