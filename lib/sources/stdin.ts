import { ReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { PieceworkError } from '../errors/error.ts';
import { bodyReader } from '../net/bodies/body-reader.ts';
import { streamBody } from '../net/bodies/stream-body.ts';
import type { Probe, Source } from './source.ts';

/**
 * A pipe, written `-`: its length shows at its end, it can be read once, and there is nothing to tell two of them
 * apart.
 */
export function stdinSource(stream: () => Readable): Source {
  let isTaken = false;
  return {
    schemes: ['stdin'],
    async probe(_from, _firstBytes, { signal }): Promise<Probe> {
      signal.throwIfAborted();
      if (isTaken) throw again();
      isTaken = true;
      const failure = (cause: unknown) => new PieceworkError('BodyShort', 'stdin broke off', { cause });
      // The process that writes into the pipe may take any time.
      const given = stream();
      const body = streamBody(given, { signal, stallTimeoutMs: 0, failure });
      const reader = bodyReader({
        url: new URL('stdin:'),
        body,
        expectedBytes: undefined,
        floor: { minBytesPerSecond: 0, windowMs: 0 },
      });
      return {
        snapshot: {
          ranges: false,
          validator: { kind: 'none' },
          name: 'stdin',
          // A file that the shell opened (`< file`) ends where it ends.
          ...(given instanceof ReadStream ? {} : { unprovedEnd: 'pipe' as const }),
          digests: {},
          warnings: [],
        },
        finalUrl: '-',
        body: reader,
        bodyIsWhole: true,
        [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
      };
    },
    async open() {
      throw again();
    },
    copySource: async () => undefined,
    async [Symbol.asyncDispose]() {},
  };
}

function again(): PieceworkError {
  return new PieceworkError(
    'SourceUnsupported',
    'stdin can be read once only, from its beginning to its end; give the data again',
  );
}
