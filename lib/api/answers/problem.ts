import type { ErrorCode, ErrorGroup } from '../../errors/codes.ts';
import { ERROR_CODES } from '../../errors/codes.ts';
import { PieceworkError } from '../../errors/error.ts';
import { isQuotaName } from '../../transfer/quotas.ts';
import type { Problem } from '../schemas/transfer.ts';

export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 500 | 502 | 503;

/** What a group of codes is to a client, unless its code says more. */
const BY_GROUP: Readonly<Record<ErrorGroup, ProblemStatus>> = {
  usage: 400,
  state: 409,
  exists: 409,
  // Met while serving a request: the other side failed, not the client.
  source: 502,
  network: 502,
  integrity: 502,
  destination: 502,
  batch: 409,
  command: 500,
  interrupted: 503,
  internal: 500,
};

const BY_CODE: Readonly<Partial<Record<ErrorCode, ProblemStatus>>> = {
  NotAuthorized: 403,
  NotOwner: 403,
  // On one machine: another transfer has the place.
  DestinationLocked: 409,
  TransferNotFound: 404,
  BatchNotFound: 404,
  RouteNotFound: 404,
  RequestTooLarge: 413,
  // Well-formed, and refused by the rules of this deployment: other credentials would not help.
  InvalidDestination: 422,
  GuardRefused: 422,
  SecretMissing: 422,
  PieceSizeOutOfLimits: 422,
  DestinationTooSmall: 422,
  ServerSideCopyRefused: 422,
  SourceNeeded: 422,
  ApiBusy: 429,
  QuotaExceeded: 429,
  ApiUnreachable: 503,
  DestinationBusy: 503,
  HomeUnavailable: 503,
  // Ours to mend.
  InvalidConfig: 500,
  RecordCorrupt: 500,
  MessageMalformed: 500,
  HomeRefused: 500,
};

/** HTTP status of an answer with this error. */
export function httpStatusOf(code: ErrorCode): ProblemStatus {
  return BY_CODE[code] ?? BY_GROUP[ERROR_CODES[code].group];
}

type FieldErrors = NonNullable<Problem['errors']>;

/** An error with more to say to a client than a sentence. */
export class ApiError extends PieceworkError {
  readonly errors: FieldErrors | undefined;
  readonly allowed: readonly string[] | undefined;
  /** Where it is another than that of its code. */
  readonly status: ProblemStatus | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: {
      readonly errors?: FieldErrors;
      readonly allowed?: readonly string[];
      readonly status?: ProblemStatus;
      readonly cause?: unknown;
    } = {},
  ) {
    super(code, message, more.cause === undefined ? {} : { cause: more.cause });
    this.errors = more.errors;
    this.allowed = more.allowed;
    this.status = more.status;
  }
}

/**
 * RFC 9457. Of a defect or a misconfiguration of ours the client learns that it is one, and no
 * more: its words may quote anything.
 */
export function toProblem(error: PieceworkError, instance: string, requestId?: string): Problem {
  const { code } = error;
  const more = error instanceof ApiError ? error : undefined;
  const status = more?.status ?? statusOf(error);
  const detail =
    status === 500 ? 'this deployment has a problem of its own; its operator finds it in the log' : error.message;
  return {
    type: `urn:piecework:error:${code}`,
    title: titleOf(code),
    status,
    detail,
    instance,
    code,
    ...(more?.errors === undefined ? {} : { errors: more.errors }),
    ...quotaOf(error),
    ...(more?.allowed === undefined ? {} : { allowed: [...more.allowed] }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** A quota that no time frees is a limit, as any other. */
function statusOf({ code, details }: PieceworkError): ProblemStatus {
  return code === 'QuotaExceeded' && details['quota'] === 'batchEntries' ? 422 : httpStatusOf(code);
}

function quotaOf({ code, details }: PieceworkError): Pick<Problem, 'quota'> {
  const { quota: name, limit, used } = details;
  if (code !== 'QuotaExceeded' || !isQuotaName(name) || typeof limit !== 'number' || typeof used !== 'number')
    return {};
  return { quota: { name, limit, used } };
}

/** Where nothing says how long it takes. */
const COME_AGAIN_SECONDS = 5;

/**
 * When to come again, in seconds, where that makes sense (RFC 9110, section 10.2.3): what the error itself knows, else
 * a few seconds. `undefined` = the same request would be answered the same.
 */
export function retryAfterOf({ details }: PieceworkError, status: number): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const { retryAfterMs } = details;
  return typeof retryAfterMs === 'number' ? Math.max(1, Math.ceil(retryAfterMs / 1000)) : COME_AGAIN_SECONDS;
}

/** `TransferNotFound` → `Transfer not found`. */
function titleOf(code: ErrorCode): string {
  const words = code.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
