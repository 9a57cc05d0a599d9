import type { Writable } from 'node:stream';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { DestinationKind, PreferredSizes, SizingNeeds } from '../kind.ts';

const MIB = 1024 ** 2;

/** The pipe that this process writes to. @param stream asked for when it is needed */
export function stdoutKind(stream: () => Writable): DestinationKind {
  return {
    kind: 'stdout',
    forms: ['- for stdout'],
    isResumable: false,
    parse: (text) => (text === '-' ? { locate: (): DestinationLocator => ({ kind: 'stdout' }) } : undefined),
    identity: () => JSON.stringify(['stdout']),
    describe: () => 'stdout',
    sizing,
    async open({ windowBytes }) {
      const { stdoutDestination } = await import('./destination.ts');
      return stdoutDestination({ stream: stream(), windowBytes });
    },
    async [Symbol.asyncDispose]() {},
  };
}

function sizing({ affordableBytes }: SizingNeeds): PreferredSizes {
  const windowBytes = Math.min(4 * MIB, affordableBytes);
  return {
    windowBytes,
    preferredPieceBytes: windowBytes,
    granuleBytes: 64 * 1024,
    // Small: the reader of the pipe wants the bytes as they come.
    streamPieceBytes: 256 * 1024,
    // A worker that waits for its turn must never keep the piece that it waits for from being fetched.
    placesPerWorker: 1,
  };
}
