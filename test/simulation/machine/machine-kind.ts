import type { DestinationKind } from '../../../lib/destinations/kind.ts';
import type { LocalDestinations } from '../../../lib/local/destinations/local-destinations.ts';
import type { DestinationLocator } from '../../../lib/transfer/locators.ts';
import { identityOf } from '../../support/places.ts';
import { simDestination } from '../sim-destination.ts';
import { MINUTE_MS } from '../times.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';

/** The simulated store as a command has it; a destination is written as the JSON of its locator. */
export function machineDestinations(world: World, command: Command): LocalDestinations {
  const { kind: name } = world.scenario.destination;
  const isRemote = name === 's3';
  const kind: DestinationKind = {
    kind: name,
    forms: ['a locator'],
    isResumable: true,
    parse: (text) => ({ locate: () => JSON.parse(text) as DestinationLocator }),
    identity: identityOf,
    describe: identityOf,
    sizing: ({ pieceSizeBytes }) => ({
      // What is put from a window has room in it, and a stream's piece has it in all of them.
      windowBytes: Math.max(world.scenario.windows.bytes, pieceSizeBytes),
      preferredPieceBytes: 8,
      granuleBytes: 2,
      putsBeside: isRemote,
      // Of files as well: a request of a dead process takes its time here, whatever it is for.
      deadCreateMs: MINUTE_MS,
    }),
    open: async () => ({ ...simDestination(command, world), mayLandUntil: () => command.mayLandUntil }),
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    kinds: [kind],
    kind: () => kind,
    parse: kind.parse as LocalDestinations['parse'],
    identity: identityOf,
    describe: identityOf,
    [Symbol.asyncDispose]: async () => {},
  };
}
