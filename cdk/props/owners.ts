/** Whose transfers a caller of the API may change, and whose it may see. A transfer is its submitter's. */
export interface PieceworkOwnership {
  /**
   * Who may retry and cancel a transfer: its owner, or all who may call the API.
   * @default 'owner'
   */
  readonly change?: 'owner' | 'anyone';
  /**
   * Who may see a transfer, in lists too: its owner (to others it is not there), or all who may call the API.
   * @default 'anyone'
   */
  readonly read?: 'owner' | 'anyone';
}

/** What one owner may have at most. */
export interface PieceworkQuotas {
  /** Transfers and batches that are not over, a batch as one; 1 to 10,000. @default any number */
  readonly open?: number;
  /** Bytes that its transfers and batches brought on one day (UTC) before no more are taken. @default any number */
  readonly bytesPerDay?: number;
  /** Entries of one batch. @default any number */
  readonly batchEntries?: number;
}
