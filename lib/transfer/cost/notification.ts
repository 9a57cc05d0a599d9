import type { Usage } from './usage.ts';
import { NO_USAGE } from './usage.ts';

/**
 * What one notification of an end uses, that its receiver takes at once: the hook is sealed and read (its deletion is
 * free), its message is sent, received and deleted, and one run of 512 MiB waits half a second for the receiver. Each
 * further try has a read, three requests of the queue and a run more.
 */
export const NOTIFICATION_USAGE: Usage = {
  ...NO_USAGE,
  s3Writes: 1,
  s3Reads: 1,
  queueRequests: 3,
  functionRuns: 1,
  gbSeconds: 0.25,
};
