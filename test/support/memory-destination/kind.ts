import type { DestinationKind } from '../../../lib/destinations/kind.ts';
import { memoryDestination } from './destination.ts';
import { describeMemory, memoryLocator, parseMemory } from './locator.ts';
import type { MemoryStore } from './store.ts';

const WINDOW_BYTES = 64 * 1024;

/** A kind of destination that no home has: to add one takes this folder, and a line where kinds are listed. */
export function memoryKind(store: MemoryStore): DestinationKind {
  return {
    kind: 'mem',
    forms: ['mem://name/key'],
    isResumable: true,
    parse: parseMemory,
    identity: (to) => describeMemory(memoryLocator(to)),
    describe: (to) => describeMemory(memoryLocator(to)),
    sizing: () => ({ windowBytes: WINDOW_BYTES, preferredPieceBytes: WINDOW_BYTES, granuleBytes: 1024 }),
    open: async () => memoryDestination(store),
    async [Symbol.asyncDispose]() {},
  };
}
