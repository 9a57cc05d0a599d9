/**
 * What a transfer uses of AWS, by what is paid for: as it is expected, and as its workers have counted it. Numbers may
 * have fractions where they are expected.
 */
export interface Usage {
  /** PUT, COPY, POST and LIST requests to S3; UploadPart and ListParts are among them. */
  readonly s3Writes: number;
  /** GET and HEAD requests to S3. */
  readonly s3Reads: number;
  /** Requests to SQS: sends, receives, deletes. */
  readonly queueRequests: number;
  /** Runs of the functions. */
  readonly functionRuns: number;
  /** Memory of the functions in GB (1,024 MiB) × how long they ran in seconds. */
  readonly gbSeconds: number;
  /** On EventBridge. */
  readonly events: number;
  readonly apiRequests: number;
  /** That passed through the functions, from the source to the destination. */
  readonly bytes: number;
}

export const NO_USAGE: Usage = {
  s3Writes: 0,
  s3Reads: 0,
  queueRequests: 0,
  functionRuns: 0,
  gbSeconds: 0,
  events: 0,
  apiRequests: 0,
  bytes: 0,
};

export const USAGE_KINDS = Object.keys(NO_USAGE) as readonly (keyof Usage)[];

/** What both have used together; what is not said of one counts as nothing. */
export function addUsage(one: Usage, more: Partial<Usage>): Usage {
  return Object.fromEntries(USAGE_KINDS.map((kind) => [kind, one[kind] + (more[kind] ?? 0)])) as unknown as Usage;
}

/** Without fractions, which come from runs and requests that several transfers share; memory × time to a tenth. */
export function shownUsage(usage: Usage): Usage {
  const whole = Object.fromEntries(USAGE_KINDS.map((kind) => [kind, Math.ceil(usage[kind])])) as unknown as Usage;
  return { ...whole, gbSeconds: Math.round(usage.gbSeconds * 10) / 10 };
}
