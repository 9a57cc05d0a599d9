import type { PieceworkError } from '../../lib/errors/error.ts';
import { sharedConnections } from '../../lib/local/engine/connections.ts';
import type { HostPlaces } from '../../lib/local/engine/hosts/host-places.ts';
import { hostPlaces } from '../../lib/local/engine/hosts/host-places.ts';
import type { BatchPorts } from '../../lib/pipeline/batch/batch-ports.ts';
import type { HostPace } from '../../lib/pipeline/batch/host-pace.ts';
import { atPlace, hostPace } from '../../lib/pipeline/batch/host-pace.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import type { HostEntry, Records } from '../../lib/records/records.ts';
import { hostOf, KEYS } from '../../lib/records/records.ts';
import { systemIds } from '../../lib/system/ids.ts';
import { handClock } from './hand-clock.ts';

/*
 * Processes of one machine at one host, in a time that passes only when a test lets it: each has its own engine's
 * connections, its own places of the host and its own pace, and what they share is the state folder.
 */

const POLITE_URL = 'https://host.example/file';
export const POLITE_HOST = hostOf(POLITE_URL);
/** Where all of them run. */
export const MACHINE = 'machine.example';
const REFUSAL_MS = 5;
const never = new AbortController().signal;

/** What a process is refused with; `undefined` = it is served. */
export type Rule = (now: number) => { readonly refusal?: PieceworkError; ended?(): void };

export interface PoliteProcess {
  readonly places: HostPlaces;
  readonly pace: HostPace;
  /** How many requests of it were served, and how many refused. */
  served: number;
  refused: number;
  /** Asks until so many were served; what was refused is asked again, later. */
  bring(count: number): Promise<void>;
  leave(): Promise<void>;
}

export function politeWorld(rule: Rule, answerMs = 100) {
  const clock = handClock(Date.parse('2026-11-03T10:00:00Z'));
  const memory = memoryRecords();
  let writes = 0;
  let pid = 1_000;
  const dead = new Set<number>();
  const records: Records = {
    ...memory,
    put(key, value, on) {
      writes += 1;
      return memory.put(key, value, on);
    },
  };

  async function ask(process: PoliteProcess, connect: () => Promise<Disposable>): Promise<void> {
    await atPlace(process.pace, never, async () => {
      using _connection = await connect();
      const { refusal, ended } = rule(clock.now());
      if (refusal !== undefined) {
        await clock.sleep(REFUSAL_MS, never);
        process.refused += 1;
        throw refusal;
      }
      await clock.sleep(answerMs, never);
      ended?.();
      process.served += 1;
    }).catch(() => clock.sleep(1_000, never));
  }

  function start(parallelism = 16): PoliteProcess {
    const connections = sharedConnections();
    pid += 1;
    const own = { pid, host: MACHINE };
    const places = hostPlaces({
      ports: { clock, ids: systemIds },
      records: () => records,
      connections,
      processes: { own: async () => own, isRunning: async ({ pid, host }) => host !== MACHINE || !dead.has(pid) },
    });
    const share = connections.share({ host: POLITE_HOST, parallelism });
    const ports: Pick<BatchPorts, 'records' | 'clock' | 'ids' | 'policy' | 'placesOf'> = {
      records,
      clock,
      ids: systemIds,
      policy: {} as BatchPorts['policy'],
      placesOf: (host) => places.now(host),
    };
    const connect = async () =>
      await share.take(never, (await places.whenAny(POLITE_HOST, never)) ?? Number.POSITIVE_INFINITY);
    const process: PoliteProcess = {
      places,
      pace: hostPace(ports as BatchPorts, POLITE_URL, { places: parallelism }),
      served: 0,
      refused: 0,
      async bring(count) {
        let begun = 0;
        const lane = async () => {
          while (process.served < count && begun - process.refused < count) {
            begun += 1;
            await ask(process, connect);
          }
        };
        await Promise.all(Array.from({ length: 32 }, lane));
        await this.leave();
      },
      async leave() {
        share[Symbol.dispose]();
        await places[Symbol.asyncDispose]();
      },
    };
    return process;
  }

  return {
    clock,
    records,
    start,
    writes: () => writes,
    /** As if the process of this number had been killed. */
    kill: (number: number) => void dead.add(number),
    async knows(entry: Omit<HostEntry, 'v'>): Promise<void> {
      await memory.put(KEYS.host(POLITE_HOST), { v: 1, ...entry }, 'absent');
    },
    known: async () => (await memory.get(KEYS.host(POLITE_HOST)))?.value,
    /** Lets so much time pass. */
    pass: (ms: number) => clock.advance(ms, settled),
  };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
