import { PieceworkError } from '../../../errors/error.ts';
import type { SourceLocator } from '../../../transfer/locators.ts';
import type { Snapshot } from '../../../transfer/snapshot.ts';
import type { Window } from '../../../values/bytes.ts';

/** All bytes of a small file. */
export interface Read {
  readonly kind: 'bytes';
  readonly window: Window;
  readonly sizeBytes: number;
  readonly snapshot: Snapshot;
}

/** `unchanged`: what is at the destination is the version that the source has. */
export type Reading = Read | { readonly kind: 'unchanged'; readonly snapshot: Snapshot } | { readonly kind: 'large' };

/** What one of several entries with the same source has read, for all of them. Held until it is disposed of. */
export class SharedRead implements Disposable {
  readonly #readings = new Map<string, Reading | PieceworkError>();
  /** By the source's URL: the name of the first that came, of a large one. */
  readonly large = new Map<string, string>();

  /** What a twin of this entry came to. @throws PieceworkError as it did */
  of({ url }: SourceLocator): Reading | undefined {
    const found = this.#readings.get(url);
    if (found instanceof PieceworkError) throw found;
    return found;
  }

  keep({ url }: SourceLocator, reading: Reading | PieceworkError): void {
    this.#readings.set(url, reading);
  }

  [Symbol.dispose](): void {
    for (const one of this.#readings.values())
      if (!(one instanceof PieceworkError) && one.kind === 'bytes') one.window[Symbol.dispose]();
  }
}
