import type { Destination } from '../../lib/destinations/destination.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import type { Outgoing } from '../../lib/queues/queue.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import { memorySecrets } from '../../lib/secrets/memory.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import { NOW, POLICY } from './a-transfer.ts';

export const HOUR_MS = 3_600_000;

/** Only says what its places are called. */
const NAMED = { describe: ({ kind }: DestinationLocator) => kind } as Destination;

/** Ports over memory, at one moment that only the test moves; what is sent is only written down. */
export function stillPorts(destination?: Destination) {
  const clock = { now: NOW };
  const sent: { readonly to: string; readonly kind: string }[] = [];
  const events: PieceworkEvent[] = [];
  let ids = 0;
  const queue = (to: string) => ({
    send(messages: readonly Outgoing<{ readonly kind: string }>[]) {
      for (const { body } of messages) sent.push({ to, kind: body.kind });
      return Promise.resolve();
    },
  });
  const unasked = () => {
    throw new Error('no test should come here');
  };
  const ports: Ports = {
    records: memoryRecords(),
    secrets: memorySecrets(),
    sources: unasked,
    destinations: () => destination ?? NAMED,
    queues: { planner: queue('planner'), fetcher: queue('fetcher'), finalizer: queue('finalizer') },
    events: { emit: async (event) => void events.push(event) },
    windows: windowPool({ windowBytes: 4, count: 1, allocate: (bytes) => new Uint8Array(bytes) }),
    clock: { now: () => clock.now, sleep: unasked },
    ids: {
      ulid() {
        ids += 1;
        return `id${ids}`;
      },
    },
    policy: {
      plan: { singleMaxBytes: 4, preferredPieceBytes: 4, granuleBytes: 1, streamPieceBytes: 4, pieceTimeMs: 1000 },
      decide: POLICY,
      recordCacheMs: 1000,
      graceMs: 60_000,
      proofPatienceMs: 600_000,
      orphanAgeMs: HOUR_MS,
      plannerLifeMs: 600_000,
      places: (parallelism) => parallelism,
    },
  };
  return { ports, clock, sent, events };
}
