import type { Destination } from '../../destinations/destination.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import type { Home } from '../home/home.ts';

/** Ports for requests that only look: destinations of every kind, none of them locked; what is sent goes nowhere. */
export async function lookingPorts(home: Home): Promise<Ports> {
  const run = await home.engine.open({ kind: 's3' });
  const opened = new Map<string, Destination>();
  for (const kind of home.destinations.kinds) {
    opened.set(kind.kind, await kind.open({ windowBytes: run.ports.windows.windowBytes, onlyLooks: true }));
  }
  const nowhere = { send: async () => {} };
  return {
    ...run.ports,
    queues: { planner: nowhere, fetcher: nowhere, finalizer: nowhere },
    destinations(to) {
      const destination = opened.get(to.kind);
      if (destination === undefined)
        throw new PieceworkError('InvalidDestination', `no destination is of the kind ${to.kind}`);
      return destination;
    },
  };
}
