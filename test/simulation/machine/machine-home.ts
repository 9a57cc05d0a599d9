import { PieceworkError } from '../../../lib/errors/error.ts';
import { createEngine } from '../../../lib/local/engine/engine.ts';
import type { DestinationLocks } from '../../../lib/local/home/destination-locks.ts';
import type { Home } from '../../../lib/local/home/home.ts';
import { memoryRecords } from '../../../lib/records/memory.ts';
import { identityOf } from '../../support/places.ts';
import { simPorts } from '../sim-ports.ts';
import type { SimProcess } from '../sim-process.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { machineDestinations } from './machine-kind.ts';

/** Which process has which destination: a process that died has none. */
export type Locks = Map<string, SimProcess>;

/**
 * The home of `lib/local` as one command opens it: its engine, its queues in memory and its policy are the real ones;
 * records, store and source are the world's.
 */
export function machineHome(world: World, command: Command, locks: Locks): Home {
  const { records, sources, events, clock, ids } = simPorts(world, command);
  const destinations = machineDestinations(world, command);
  const notifications = { keep: none, deliver: none, sendUnbegun: none, forget: none, send: none };
  // What is known of hosts is shared by processes that are alive, which a simulated one can't be asked.
  const hosts = memoryRecords();
  const engine = createEngine({
    ports: { sources, events, clock, ids },
    records: () => records,
    freshRecords: () => hosts,
    destinations,
    limits: { running: 16 },
    rescue: true,
  });
  const home = { destinations, records, sources, events, clock, ids, engine, notifications, tidy: none };
  return { ...home, stateDir: '/nowhere', locks: locksOf(command, locks) } as unknown as Home;
}

async function none(): Promise<void> {}

function locksOf(command: Command, locks: Locks): DestinationLocks {
  const isTaken = (key: string) => locks.get(key)?.isAlive === true;
  return {
    key: identityOf,
    async acquire(to) {
      const key = identityOf(to);
      if (isTaken(key)) throw new PieceworkError('DestinationLocked', `${key} is locked by ${locks.get(key)?.name}`);
      locks.set(key, command);
      return { [Symbol.asyncDispose]: async () => void locks.delete(key) };
    },
    isHeld: async (to) => isTaken(identityOf(to)),
    tidy: none,
  };
}
