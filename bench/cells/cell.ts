import type { Metric } from '../measuring/run.ts';
import type { SourceName } from '../servers/origin.ts';
import type { StoreName } from '../servers/servers.ts';

/** What a figure of ours may be at most. */
export interface Goal {
  readonly metric: Metric;
  /** In seconds, in MiB, or times what it is compared with. */
  readonly most: number;
  /** A tool by its name, or whichever is best in this. @default none: the figure itself is meant */
  readonly beside?: string;
}

export const BEST_PEER = 'best peer';

export interface Transfer {
  readonly from: SourceName;
  readonly to: 'file' | StoreName;
  readonly sizeBytes: number;
  /** Of Piecework. */
  readonly connections: number;
  /** Further options of Piecework. */
  readonly flags?: readonly string[];
}

/** One thing that is measured, by Piecework and by others. */
export interface Cell {
  /** For `--only`. */
  readonly name: string;
  /** @default none: `piecework --version` */
  readonly transfer?: Transfer;
  /** Names of other tools. @default all that can do it */
  readonly peers?: readonly string[];
  /** @default what was asked for */
  readonly rounds?: number;
  readonly goals?: readonly Goal[];
}
