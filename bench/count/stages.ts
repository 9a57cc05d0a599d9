import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Environment } from '../../lib/aws/environment.ts';
import { bySubject, eachMessage } from '../../lib/aws/messages/batches.ts';
import { READERS } from '../../lib/aws/messages/messages.ts';
import { RESULTS_PER_FINALIZER, RESULTS_WINDOW_SECONDS } from '../../lib/aws/names.ts';
import { onFetcherMessage } from '../../lib/aws/stages/fetcher.ts';
import { onSubjects } from '../../lib/aws/stages/finalizer.ts';
import { onPlannerMessage } from '../../lib/aws/stages/planner.ts';
import { fleetMemory } from '../../lib/pipeline/batch/deployed/work/fleet-memory.ts';
import { fetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { countedIds, countedPolicy } from './fleet.ts';
import type { Requests } from './requests.ts';
import { countedQueue } from './requests.ts';
import type { Timeline } from './timeline.ts';

/** The construct's `maxFetchers`, unless the places need more. */
const FETCHERS = 25;
const context = { getRemainingTimeInMillis: () => 3_600_000 } as Context;

export const never = new AbortController().signal;

/** Ports that are the same whatever is counted. */
export type SharedPorts = Pick<Ports, 'events' | 'clock' | 'ids' | 'policy'> & {
  readonly queues: NonNullable<Ports['fleet']>['queues'] & Ports['queues'];
};

export interface StagesOptions {
  readonly time: Timeline;
  readonly requests: Requests;
  /** What the fetcher's messages are counted as. */
  readonly work: 'piece' | 'shard';
  readonly hostConnections: number;
  /** Functions at work at the same time. @default as many as the connections of one host need, and 25 at least */
  readonly fetchers?: number;
  /** How long results are collected for one finalizer run. @default the construct's */
  readonly windowSeconds?: number;
  /** What else there is, of one environment. */
  portsOf(shared: SharedPorts): Ports;
}

/** The four functions behind their queues. */
export interface Stages {
  readonly api: Ports;
  readonly finalizer: Ports;
  readonly runs: Readonly<Record<'planner' | 'fetcher' | 'finalizer' | 'fetcherMs', number>>;
}

export function startStages({
  time,
  requests,
  work,
  hostConnections,
  fetchers: fetcherCount = hostConnections,
  windowSeconds = RESULTS_WINDOW_SECONDS,
  portsOf,
}: StagesOptions): Stages {
  const runs = { planner: 0, fetcher: 0, finalizer: 0, fetcherMs: 0 };
  const wake = () => time.at(0, pump);
  const queue = (name: string) => countedQueue<{ readonly kind: string }>(name, requests, time, wake);
  const [plans, streams, tasks, results] = [queue('plan'), queue('stream'), queue(work), queue('result')];
  const ids = countedIds();
  const environment = (stage: Environment['stage']) =>
    portsOf({
      queues: { planner: plans, streams, fetcher: tasks, finalizer: results },
      events: { emit: async () => {} },
      clock: time,
      ids,
      policy: countedPolicy(stage, hostConnections),
    });
  // A message never waits for another one, as long as there are environments; each has a cache of its own.
  const fetchers = Array.from({ length: Math.max(FETCHERS, fetcherCount) }, () => {
    const ports = environment('fetcher');
    return { ports, memory: { pieces: fetcherMemory(ports), shards: fleetMemory(ports) }, isBusy: false };
  });
  const planner = environment('planner');
  const finalizer = environment('finalizer');
  let isCollecting = false;

  function pump(): void {
    for (const body of [...plans.due.splice(0), ...streams.due.splice(0)]) {
      runs.planner += 1;
      void eachMessage(home, eventOf([body]), context, READERS.planner, (message) =>
        onPlannerMessage(planner, message, never),
      );
    }
    for (const fetcher of fetchers.filter(({ isBusy }) => !isBusy)) {
      const batch = tasks.due.splice(0, 1);
      if (batch.length === 0) break;
      const beganAt = time.now();
      runs.fetcher += 1;
      fetcher.isBusy = true;
      void eachMessage(home, eventOf(batch), context, READERS.fetcher, (task) =>
        onFetcherMessage(fetcher.ports, fetcher.memory, task, never),
      ).then(() => {
        runs.fetcherMs += time.now() - beganAt;
        fetcher.isBusy = false;
        wake();
      });
    }
    if (results.due.length === 0 || isCollecting) return;
    isCollecting = true;
    time.at(windowSeconds * 1000, () => {
      isCollecting = false;
      runs.finalizer += 1;
      const bodies = results.due.splice(0, RESULTS_PER_FINALIZER);
      void bySubject(home, eventOf(bodies), context, READERS.finalizer, (subjects) =>
        onSubjects(finalizer, subjects, never),
      );
    });
  }

  return { api: environment('api'), finalizer, runs };
}

/** Nothing is to fail here: a message that does is a fault of the count. */
const home = {
  park: async (_: SQSRecord, because: string) => Promise.reject(new Error(because)),
  failed: (_: SQSRecord, error: unknown) => console.error(error),
  giveBack: async () => {},
  flush: () => {},
};

function eventOf(bodies: readonly string[]): SQSEvent {
  return { Records: bodies.map((body, index) => ({ messageId: String(index), body }) as SQSRecord) };
}
