import { stated } from '../../values/stated.ts';
import type { DestinationKind } from '../kind.ts';
import type { FileDestinationOptions } from './destination.ts';
import { fileLocator, identityOfFile, parseFile } from './locator.ts';

const MIB = 1024 ** 2;

/** Files of this machine. */
export function fileKind({
  warn,
  directWrites,
}: Pick<FileDestinationOptions, 'warn' | 'directWrites'>): DestinationKind {
  return {
    kind: 'file',
    forms: ['a path', 'a folder'],
    isResumable: true,
    parse: parseFile,
    identity: (to) => identityOfFile(fileLocator(to)),
    describe: (to) => fileLocator(to).path,
    // A file takes small windows at once, so its pieces can be larger.
    sizing: () => ({ windowBytes: MIB, preferredPieceBytes: 16 * MIB, granuleBytes: MIB }),
    // Not shared: two transfers to one file by two names are to find each other's lock.
    async open({ onlyLooks }) {
      // Loaded only where it is written to: every command describes places, and few write to one.
      const { fileDestination } = await import('./destination.ts');
      return fileDestination(stated({ onlyLooks, warn, directWrites }));
    },
    async [Symbol.asyncDispose]() {},
  };
}
