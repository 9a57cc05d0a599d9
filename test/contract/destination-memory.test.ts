import { memoryDestination } from '../support/memory-destination/destination.ts';
import { describeMemory, memoryLocator } from '../support/memory-destination/locator.ts';
import { MemoryStore } from '../support/memory-destination/store.ts';
import { destinationContract } from './destination.ts';

// A kind that is in no home: what it needs to know of the suite, and the suite of it, is the port.
destinationContract('a kind that a test brings along', async () => {
  const store = new MemoryStore();
  const destination = memoryDestination(store);
  return {
    destination,
    locator: (key) => ({ kind: 'mem', name: 'store', key }),
    read: async (target) => store.objects.get(describeMemory(memoryLocator(target)))?.bytes,
    leftovers: async (target) =>
      (await destination.listUploads(target, { signal: new AbortController().signal })).map(({ id }) => id),
    pieceBytes: 100_000,
    reopen: async () => memoryDestination(store),
    refused: [
      { target: { kind: 'mem', name: 'store', key: '' }, code: 'InvalidDestination' },
      { target: { kind: 'stdout' }, code: 'InvalidDestination' },
    ],
    async [Symbol.asyncDispose]() {},
  };
});
