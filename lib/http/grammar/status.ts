import type { ErrorCode } from '../../errors/codes.ts';

/** Which code a status stands for when it is no answer with a body of ours (architecture, "What is retried"). */
export function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
      return 'SourceUnauthorized';
    case 403:
      return 'SourceForbidden';
    case 404:
      return 'SourceNotFound';
    case 407:
      return 'ProxyRefused';
    case 410:
      return 'SourceGone';
    case 412:
      return 'SourceChanged';
    case 416:
      return 'SourceRangeRefused';
    case 429:
    case 503:
      return 'SourceBusy';
    case 408:
    case 425:
      return 'SourceServerError';
    default:
      return status >= 500 ? 'SourceServerError' : 'SourceBadRequest';
  }
}
