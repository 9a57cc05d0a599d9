/* Headers of answers, as they are sent. */

/** Of every answer; the same stands in a problem, and in the log. */
export const REQUEST_ID = 'x-request-id';
/** The answer is that of an earlier request with the same idempotency key. */
export const REPLAYED = 'idempotent-replayed';
