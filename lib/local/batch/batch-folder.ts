import { rmdirSync } from 'node:fs';
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PieceworkError } from '../../errors/error.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { LocalDestinations } from '../destinations/local-destinations.ts';

/** Where a batch writes: a folder, or a prefix of a bucket. */
export interface BatchFolder {
  readonly kind: string;
  /** As it was written, with a slash at its end. */
  readonly text: string;
  /** @param name with `/` between folders */
  locate(name: string): DestinationLocator;
  /** Of a file: its URL, so that it can be copied. */
  fileUrl(name: string): string | undefined;
  /** Makes the folder itself, and those that a name lies in. @throws PieceworkError `DestinationNotWritable`. */
  makeRoom(name: string): void;
  /** Removes the folders that were made and hold nothing, where nothing came of the batch. */
  removeEmpty(): void;
}

/** Folders that were made are remembered, up to so many. */
const MOST_KNOWN = 10_000;

/** @throws PieceworkError `InvalidDestination`. */
export function batchFolder(destinations: LocalDestinations, written: string): BatchFolder {
  if (written === '-')
    throw new PieceworkError(
      'InvalidDestination',
      'a batch goes into a folder or under s3://bucket/prefix/, and - is one stream',
    );
  const text = /[/\\]$/.test(written) ? written : `${written}/`;
  const folder = destinations.parse(text);
  const made = new Set<string>();
  /** What was not there before; outermost first. */
  const fresh: string[] = [];
  return {
    kind: folder.locate('name').kind,
    text,
    locate: (name) => folder.locate(name),
    fileUrl(name) {
      const { kind, path } = folder.locate(name);
      return kind === 'file' && typeof path === 'string' ? pathToFileURL(path).href : undefined;
    },
    makeRoom(name) {
      const inside = posix.dirname(name);
      if (made.has(inside)) return;
      if (made.size >= MOST_KNOWN) made.clear();
      const makings = (inside === '.' ? folder : destinations.parse(`${text}${inside}/`)).makeFolder?.() ?? [];
      if (fresh.length < MOST_KNOWN) fresh.push(...makings);
      made.add(inside);
    },
    removeEmpty() {
      for (const path of fresh.splice(0).reverse()) {
        try {
          rmdirSync(path);
        } catch {
          // Something is in it, or it is gone.
        }
      }
    },
  };
}
