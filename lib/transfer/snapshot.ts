import type { Validator } from '../values/web/validator.ts';
import type { Digests } from './digests.ts';

/** What the probe learned: one version of the source. Every piece is held against it. */
export interface Snapshot {
  /** Absent when the source does not say. */
  readonly sizeBytes?: number;
  /** Whether the probe's own range was answered with exactly that range. */
  readonly ranges: boolean;
  readonly validator: Validator;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
  /** ISO 8601; becomes a file's modification time. */
  readonly modifiedAt?: string;
  /** A file name that the source proposes, already made safe for any file system. */
  readonly name?: string;
  /**
   * What marks its end where nothing proves it: a connection that may have been cut, a pipe whose program may have
   * failed. Absent = the end is proved.
   */
  readonly unprovedEnd?: 'connection' | 'pipe';
  /** Where redirects led: the hosts that were asked, in turn. Absent = there were none. */
  readonly redirectHosts?: readonly string[];
  /** Digests that the source itself publishes for the whole object. */
  readonly digests: Digests;
  /** Things worth saying to a person, such as an expiring signature. No secret in them. */
  readonly warnings: readonly string[];
}
