import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { Nature } from './nature.ts';
import type { Scenario } from './scenario.ts';
import type { RecordStore } from './sim-records.ts';
import type { ObjectStore } from './sim-store.ts';

/** The world as it really is, for those who hold the invariants against it. */
export interface Truth extends Nature {
  readonly scenario: Scenario;
  readonly records: RecordStore;
  readonly store: ObjectStore;
  readonly sealed: ReadonlyMap<string, SourceLocator>;
  readonly quietMs: number;
  queuesLength(): number;
  /** The most places that a transfer ever had. */
  mostPlaces(parallelism: number): number;
  /** Latest moment at which an open transfer may still be open. */
  endsBy(deadlineAt: string): number;
}
