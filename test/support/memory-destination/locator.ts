import type { WrittenDestination } from '../../../lib/destinations/kind.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import type { DestinationLocator } from '../../../lib/transfer/locators.ts';

export type MemoryLocator = { readonly kind: 'mem'; readonly name: string; readonly key: string };

/** @throws PieceworkError `InvalidDestination`. */
export function memoryLocator(to: DestinationLocator): MemoryLocator {
  const { kind, name, key } = to as Partial<MemoryLocator>;
  if (kind === 'mem' && typeof name === 'string' && typeof key === 'string' && key !== '') return { kind, name, key };
  throw new PieceworkError('InvalidDestination', 'the destination is no object in memory: give mem://name/key');
}

export function describeMemory({ name, key }: MemoryLocator): string {
  return `mem://${name}/${key}`;
}

/** `mem://name/key`, `mem://name/folder/`. */
export function parseMemory(text: string): WrittenDestination | undefined {
  const [, name, key = ''] = /^mem:\/\/([^/]+)(?:\/(.*))?$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  const needsName = key === '' || key.endsWith('/');
  return { locate: (last): MemoryLocator => ({ kind: 'mem', name, key: needsName ? `${key}${last}` : key }) };
}
