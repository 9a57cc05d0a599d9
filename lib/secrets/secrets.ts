import type { SourceLocator } from '../transfer/locators.ts';

/** Keeps the whole source locator of a transfer's run, apart from its record. */
export interface Secrets {
  seal(transferId: string, run: number, locator: SourceLocator): Promise<void>;
  /** `undefined` = not here (any more): on one machine, another process had it. */
  unseal(transferId: string, run: number): Promise<SourceLocator | undefined>;
  /** No error when it is already gone. */
  discard(transferId: string, run: number): Promise<void>;
}
