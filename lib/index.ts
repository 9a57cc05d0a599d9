/**
 * Piecework as a library: the functions that the command line calls.
 *
 * ```ts
 * import { openLocal } from 'piecework';
 * await using piecework = openLocal();
 * const report = await piecework.copy({ source: { url }, destination: 's3://bucket/key' });
 * ```
 *
 * and the client of a deployment's API:
 *
 * ```ts
 * import { createClient } from 'piecework';
 * await using deployment = createClient({ url: apiUrl, auth: { kind: 'aws' } });
 * const { id } = await deployment.submit({ source: { url }, destination: { bucket, key } });
 * ```
 */
export type { ClientAuth } from './api/client/authorizer.ts';
export { type ApiClient, type ClientOptions, createClient } from './api/client/client.ts';
export type { ServerEvent } from './api/client/events.ts';
export type { Batch, BatchDetail, BatchPage, OutcomePage } from './api/schemas/batches/answers.ts';
export type { SubmitBatchRequest } from './api/schemas/batches/request.ts';
export type { DryRun } from './api/schemas/dry-run.ts';
export type { Hosts } from './api/schemas/hosts.ts';
export type { SubmitRequest } from './api/schemas/request.ts';
export type { Service } from './api/schemas/service.ts';
export type { Health, Transfer, TransferDetail, TransferPage } from './api/schemas/transfer.ts';
export { ERROR_CODES, type ErrorCode, EXIT_CODES, exitCodeOf } from './errors/codes.ts';
export { type ErrorDetails, type ErrorRecord, PieceworkError } from './errors/error.ts';
export { redactUrl } from './errors/redact.ts';
export type { GivenEntry as BatchEntryInput } from './lists/given-entries.ts';
export type {
  CleanReport,
  CopyReport,
  CopyRequest,
  HttpOptions,
  Local,
  LocalOptions,
  LocalStatus,
  OtherHome,
  PlanForReport,
  PlanReport,
  S3Options,
  SshOptions,
} from './local/api.ts';
export type {
  BatchEvent,
  BatchReport,
  BatchRequest,
  BatchRequestOptions,
  BatchRun,
  ListInput,
  LocalBatch,
  LocalBatchStatus,
} from './local/batch/api.ts';
export type { Amount, BatchPlan, PlannedHost, StoreRequests } from './local/batch/dry-run/plan.ts';
export { openLocal } from './local/open.ts';
export type { RunningServer, ServeOptions } from './local/server/api.ts';
export type { BatchRecord, BatchStatus } from './transfer/batch/batch-record.ts';
export type { Counters, FailureGroup, Outcome, OutcomeKind } from './transfer/batch/outcome.ts';
export type { Cost, CostItem, CostSettings } from './transfer/cost/cost.ts';
export { type PlanCost, type PlanCostInput, planCost } from './transfer/cost/plan-cost.ts';
export type { Usage } from './transfer/cost/usage.ts';
export type { Workers } from './transfer/cost/workers.ts';
export type { DestinationLocator, SourceAuth, SourceLocator, SourceStore } from './transfer/locators.ts';
export { type Plan, pieceCountOf } from './transfer/plan/plan.ts';
export type { PieceworkEvent } from './transfer/progress/events.ts';
export { initialProgress, type Progress, progressAfter } from './transfer/progress/progress.ts';
export type { Status, TransferRecord, TransferResult } from './transfer/record/record.ts';
export { DEFAULT_OPTIONS, type IfExists, type ObjectSettings, type TransferOptions } from './transfer/request.ts';
export type { Snapshot } from './transfer/snapshot.ts';
export { formatBytes, formatDuration, parseBytes, parseDuration } from './values/units.ts';
