export interface Sharer {
  /** Connections that it may have open. */
  readonly places: number;
  /** ISO 8601: it came, or its last turn ended. */
  readonly since: string;
  /** ISO 8601: the lease's end. */
  readonly until: string;
  /** ISO 8601: since when it has places while others have none. */
  readonly turnSince?: string;
  /** Whose it is: `ownerMark`. @default all without one are one owner's */
  readonly owner?: string;
  /**
   * More are of no use to it; written when it gives some back, and where there are several owners. Others get what it
   * leaves.
   * @default any
   */
  readonly most?: number;
  /** Where it is a process of one machine: its share ends with it. */
  readonly process?: SharingProcess;
}

export interface SharingProcess {
  readonly pid: number;
  readonly host: string;
  readonly boot?: string;
  readonly started?: string;
}

export type Sharers = Readonly<Record<string, Sharer>>;
