import type { SourceLocator } from '../transfer/locators.ts';

/** Under which a source is sealed. */
export interface SealedName {
  readonly transferId: string;
  readonly run: number;
}

/** Keeps the whole source locator of a transfer's run, apart from its record. */
export interface Secrets {
  seal(transferId: string, run: number, locator: SourceLocator): Promise<void>;
  /** `undefined` = not here (any more): on one machine, another process had it. */
  unseal(transferId: string, run: number): Promise<SourceLocator | undefined>;
  /** No error when it is already gone. */
  discard(transferId: string, run: number): Promise<void>;
  /**
   * All that are here; what is sealed or discarded meanwhile may be missing or not. Shows names, and needs
   * no right to read what they hold.
   */
  list(): AsyncIterable<SealedName>;
  /** With the values of secrets that it refers to. @default it refers to none */
  fill?(locator: SourceLocator): Promise<SourceLocator>;
}

/**
 * Documents that may hold secrets, apart from the records: the list of a batch and its shards. A name is made of
 * `[A-Za-z0-9]` and `/`.
 */
export interface SealedDocuments {
  /** Replaces what is there. */
  seal(name: string, value: unknown): Promise<void>;
  /** `undefined` = not here (any more). */
  unseal<T>(name: string): Promise<T | undefined>;
  /** All whose names begin so. Shows names, and needs no right to read what they hold. */
  discard(prefix: string): Promise<void>;
}
