import { PieceworkError } from '../../lib/errors/error.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import type { SealedName } from '../../lib/secrets/secrets.ts';
import { SECRET } from './faults.ts';
import { simDestination } from './sim-destination.ts';
import type { SimProcess } from './sim-process.ts';
import { simSender } from './sim-queue.ts';
import { simRecords } from './sim-records.ts';
import { simSource } from './sim-source.ts';
import type { World } from './world.ts';

/** The world as one process has it: its own windows and its own connections to everything else. */
export function simPorts(world: World, process: SimProcess): Ports {
  const { scenario, sealed, origins, queues, rules, pipelinePolicy } = world;
  const destination = simDestination(process, world);
  const source = simSource(process, origins, rules.rescues);
  const nameOf = (id: string, run: number) => `${id}/${run}`;
  const sends = (bodies: readonly unknown[]) => rules.commands.sends(process, bodies);
  return {
    records: simRecords(
      process,
      world.records,
      () => rules.batchOf(process),
      (path) => rules.recordDeleted(path),
    ),
    secrets: {
      seal: (id, run, locator) =>
        process.call(`seal ${id.slice(-4)}/${run}`, SECRET, () => void sealed.set(nameOf(id, run), locator)),
      unseal(id, run) {
        if (!scenario.hasRights && !/^(planner|streams|fetcher)/.test(process.name))
          world.broke(`${process.name} reads what is sealed, without the right to`);
        return process.call(`unseal ${id.slice(-4)}/${run}`, SECRET, () => sealed.get(nameOf(id, run)));
      },
      discard: (id, run) =>
        process.call(`discard ${id.slice(-4)}/${run}`, SECRET, () => void sealed.delete(nameOf(id, run))),
      async *list() {
        yield* await process.call('list sealed', SECRET, () => [...sealed.keys()].map(sealedName));
      },
    },
    sources: () => source,
    destinations({ kind }) {
      if (kind !== scenario.destination.kind)
        throw new PieceworkError('InvalidDestination', `nothing is ever sent to ${kind} here`);
      return destination;
    },
    queues: {
      planner: simSender(process, queues.planner, sends),
      // As in a deployment.
      ...(scenario.hasRights ? {} : { streams: simSender(process, queues.streams, sends) }),
      fetcher: simSender(process, queues.fetcher, sends),
      finalizer: simSender(process, queues.finalizer, sends),
    },
    events: {
      emit: (event) => {
        rules.emitted(process, event);
        return Promise.resolve();
      },
    },
    windows: windowPool({
      windowBytes: scenario.windows.bytes,
      count: scenario.windows.count,
      allocate: (bytes) => new Uint8Array(bytes),
    }),
    clock: { now: () => world.now, sleep: (ms, signal) => process.sleep(ms, signal) },
    ids: { ulid: () => world.ulid() },
    policy: scenario.hasRights
      ? pipelinePolicy
      : { ...pipelinePolicy, keepsSealed: true, settlesElsewhere: !/^(finalizer|tick)/.test(process.name) },
  };
}

function sealedName(name: string): SealedName {
  const [transferId = '', run] = name.split('/');
  return { transferId, run: Number(run) };
}
