import { PieceworkError } from '../../../lib/errors/error.ts';
import type { Probe } from '../../../lib/sources/source.ts';
import type { Snapshot } from '../../../lib/transfer/snapshot.ts';

/** How the source of one small entry behaves. */
export type Manner = 'well' | 'fails twice' | 'is busy once' | 'is gone' | 'always fails';

/** Counts a request. @returns how many there were of this URL */
export function countAsked(asked: Map<string, number>, url: string): number {
  const times = (asked.get(url) ?? 0) + 1;
  asked.set(url, times);
  return times;
}

/** @throws PieceworkError where this request, the `times`-th of its URL, is not to be answered well */
export function refuse(manner: string | undefined, times: number): void {
  if (manner === 'is gone') throw new PieceworkError('SourceNotFound', 'gone');
  if (manner === 'always fails' || (manner === 'fails twice' && times <= 2))
    throw new PieceworkError('SourceReset', 'reset');
  if (manner === 'is busy once' && times === 1)
    throw new PieceworkError('SourceBusy', 'busy', { details: { retryAfterMs: 5000 } });
}

export interface Answered {
  readonly url: string;
  readonly text: string;
  /** Larger ones are not brought whole by a probe. */
  readonly mostBytes: number;
  /** Of one read. */
  readonly readBytes: number;
  readonly modifiedAt?: string;
  /** Before each read. @throws where its process dies */
  step(): void | Promise<void>;
}

/** A source that answers well. */
export function answered({ url, text, mostBytes, readBytes, modifiedAt, step }: Answered): Probe {
  const bytes = Buffer.from(text);
  const snapshot: Snapshot = {
    sizeBytes: bytes.length,
    ranges: true,
    validator: { kind: 'none' },
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    digests: {},
    warnings: [],
  };
  let at = 0;
  return {
    snapshot,
    finalUrl: url,
    bodyIsWhole: bytes.length <= mostBytes,
    body: {
      async read(into) {
        await step();
        const part = bytes.subarray(at, at + Math.min(into.length, readBytes));
        into.set(part);
        at += part.length;
        return part.length;
      },
      async [Symbol.asyncDispose]() {},
    },
    async [Symbol.asyncDispose]() {},
  };
}
