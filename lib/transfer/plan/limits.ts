/** What a destination can hold, as data: planning is arithmetic on it. */
export interface Limits {
  readonly maxPieces: number;
  /** Of every piece but the last. */
  readonly minPieceBytes: number;
  readonly maxPieceBytes: number;
  readonly maxObjectBytes: number;
}

/**
 * What a destination can do, as data. Lacking one is an error before the start, never by a silent downgrade.
 */
export interface Features {
  /** Pieces must arrive in ascending order: an upload blocks the later piece until its turn comes. */
  readonly ordered: boolean;
  /** `ifExists: 'fail'` holds against a racing writer. */
  readonly conditionalWrite: boolean;
  /** Whether the finished object can be asked for its token, so that an unsure completion can be settled. */
  readonly token: boolean;
}

/** S3 as of 2026: 10,000 parts of 5 MiB to 5 GiB. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const S3_LIMITS: Limits = {
  maxPieces: 10_000,
  minPieceBytes: 5 * 1024 ** 2,
  maxPieceBytes: 5 * 1024 ** 3,
  maxObjectBytes: 10_000 * 5 * 1024 ** 3,
};
