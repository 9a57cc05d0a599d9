import { fetchPiece } from '../../lib/pipeline/fetch-piece.ts';
import { finalize } from '../../lib/pipeline/finalize.ts';
import { finishTransfer } from '../../lib/pipeline/finish-transfer.ts';
import { planTransfer } from '../../lib/pipeline/plan-transfer.ts';
import type { Policy, Ports } from '../../lib/pipeline/ports.ts';
import { windowPool } from '../../lib/pipeline/windows.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import type { FinalizerMessage, PieceTask, PlannerMessage } from '../../lib/transfer/messages.ts';
import { isOver, isSettled } from '../../lib/transfer/record.ts';
import { fromIso, toIso } from '../../lib/values/time.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { placeOrder, startSchedule } from './caller.ts';
import { type FaultKind, SECRET } from './faults.ts';
import { Fleet } from './fleet.ts';
import { Rules } from './invariants.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { Timeline } from './sim-clock.ts';
import { simDestination } from './sim-destination.ts';
import type { SimProcess } from './sim-process.ts';
import { SimQueue, simSender } from './sim-queue.ts';
import { RecordStore, simRecords } from './sim-records.ts';
import { type SimOrigin, simSource } from './sim-source.ts';
import { ObjectStore } from './sim-store.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** How long things take and live in the simulated world. */
const TIMES = {
  requestTimeoutMs: 10 * SECOND_MS,
  /** After its sender gave up or died, a request lands within this. */
  lateMs: 4 * MINUTE_MS,
  messageLateMs: 15 * MINUTE_MS,
  plannerTimeoutMs: 10 * MINUTE_MS,
  fetcherTimeoutMs: 2 * MINUTE_MS,
  finalizerTimeoutMs: 3 * MINUTE_MS,
  apiTimeoutMs: 30 * SECOND_MS,
  recordCacheMs: 10 * SECOND_MS,
} as const;

export interface Outcome {
  readonly seed: number;
  readonly failure?: string;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly faults: ReadonlyMap<string, number>;
  /** What the history came to, how often. */
  readonly situations: ReadonlyMap<string, number>;
  /** `status` or `status: reason` → how many transfers ended so. */
  readonly ends: ReadonlyMap<string, number>;
}

/** Everything there is in one simulated history. */
export class World {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly chance: Chance;
  readonly policy = TIMES;
  readonly records: RecordStore;
  readonly store: ObjectStore;
  readonly sealed = new Map<string, SourceLocator>();
  readonly rules: Rules;
  /** Set when a simulated process may have gone on: its code runs before the next event. */
  resumed = false;
  failure: string | undefined;
  readonly #timeline = new Timeline(START);
  readonly #faults = new Map<string, number>();
  readonly #situations = new Map<string, number>();
  readonly #origins = new Map<string, SimOrigin>();
  readonly #tell: ((line: string) => void) | undefined;
  readonly #queues: { readonly planner: SimQueue<PlannerMessage>; readonly fetcher: SimQueue<PieceTask>; readonly finalizer: SimQueue<FinalizerMessage> };
  readonly #pipelinePolicy: Policy;
  #ulids = 0;
  #steps = 0;

  constructor(seed: number, tell?: (line: string) => void) {
    this.seed = seed;
    this.#tell = tell;
    this.chance = chanceFrom(seed);
    this.scenario = drawScenario(this.chance);
    this.rules = new Rules(this);
    this.records = new RecordStore((process, change) => this.rules.recordChanged(process, change));
    this.store = new ObjectStore(this, this.scenario.destination.limits);
    this.#pipelinePolicy = policyOf(this.scenario, () => this.elapsedMs);
    this.#queues = this.#makeQueues();
    this.#makeFleets();
    for (const [index, order] of this.scenario.orders.entries()) {
      this.#origins.set(order.origin.url, order.origin);
      this.rules.orderPlaced(order);
      placeOrder(this, order, index);
    }
    this.#letUploadsVanish();
    startSchedule(this);
  }

  get now(): number {
    return this.#timeline.now;
  }

  get elapsedMs(): number {
    return this.now - START;
  }

  /** The most places that a transfer ever had. */
  mostPlaces(parallelism: number): number {
    const { first, then } = this.scenario.places;
    return Math.min(parallelism, Math.max(first, then));
  }

  after(delayMs: number, happen: () => void): void {
    this.#timeline.after(delayMs, happen);
  }

  /** Mostly quick, now and then slow: enough to overtake each other. */
  latencyMs(): number {
    return this.chance.hit(0.05) ? this.chance.below(8 * SECOND_MS) : this.chance.below(200);
  }

  strikes(kind: FaultKind): boolean {
    const rate = this.scenario.rates[kind];
    if (rate === undefined || this.elapsedMs >= this.scenario.faultsUntilMs || !this.chance.hit(rate)) return false;
    this.count(kind);
    return true;
  }

  count(kind: string): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
  }

  reach(situation: string): void {
    this.#situations.set(situation, (this.#situations.get(situation) ?? 0) + 1);
  }

  trace(who: string, what: string): void {
    this.#tell?.(`${toIso(this.now).slice(8, 23)} ${who.padEnd(14)} ${what}`);
  }

  /** An invariant does not hold: the first one that broke is what counts. */
  broke(what: string): void {
    this.trace('INVARIANT', what);
    this.failure ??= what;
  }

  check(): void {
    this.rules.checkObjects();
  }

  async run(): Promise<Outcome> {
    const until = START + this.#horizonMs();
    while (this.failure === undefined && this.#timeline.step()) {
      this.#steps += 1;
      if (this.resumed) {
        this.resumed = false;
        // Everything that the answer set going runs to its next call before anything else happens.
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      if (this.now > until) {
        this.broke(`not settled in bounded time: ${this.rules.describeLeftovers()}`);
      }
    }
    if (this.failure === undefined) this.rules.checkEnd();
    const ends = new Map<string, number>();
    for (const { status, reason, result } of this.records.transfers()) {
      const end = reason === undefined ? (result?.unchanged === true ? `${status}: unchanged` : status) : `${status}: ${reason.code}`;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    const { seed, failure } = this;
    return { seed, steps: this.#steps, simulatedMs: this.elapsedMs, faults: this.#faults, situations: this.#situations, ends, ...(failure === undefined ? {} : { failure }) };
  }

  /** When everything must have ended and been cleaned up: what was asked for, and the waits that the protocol adds to it. */
  #horizonMs(): number {
    const { orders, faultsUntilMs, frozen } = this.scenario;
    const { graceMs, orphanAgeMs } = this.#pipelinePolicy;
    const acts = orders.flatMap(({ acts: of, options }) => of.map(({ atMs, on }) => (on === undefined ? atMs : faultsUntilMs + atMs) + 2 * options.deadlineMs + options.holdMs));
    const busy = Math.max(faultsUntilMs, ...acts, ...frozen.map(({ untilMs }) => untilMs));
    return busy + 4 * graceMs + 3 * orphanAgeMs + 180 * MINUTE_MS;
  }

  queuesLength(): number {
    const { planner, fetcher, finalizer } = this.#queues;
    return planner.length + fetcher.length + finalizer.length;
  }

  isSettled(): boolean {
    const { orders, faultsUntilMs } = this.scenario;
    const lastActMs = Math.max(faultsUntilMs, ...orders.flatMap(({ acts }) => acts.map(({ atMs }) => atMs))) + 15 * MINUTE_MS;
    return this.elapsedMs > lastActMs && this.records.paths('active/').length === 0 && this.records.transfers().every((record) => isOver(record) && isSettled(record));
  }

  portsOf(process: SimProcess): Ports {
    const { scenario, sealed } = this;
    const destination = simDestination(process);
    const source = simSource(process, this.#origins);
    const nameOf = (id: string, run: number) => `${id}/${run}`;
    const { planner, fetcher, finalizer } = this.#queues;
    return {
      records: simRecords(process, this.records),
      secrets: {
        seal: (id, run, locator) => process.call(`seal ${id.slice(-4)}/${run}`, SECRET, () => void sealed.set(nameOf(id, run), locator)),
        unseal: (id, run) => process.call(`unseal ${id.slice(-4)}/${run}`, SECRET, () => sealed.get(nameOf(id, run))),
        discard: (id, run) => process.call(`discard ${id.slice(-4)}/${run}`, SECRET, () => void sealed.delete(nameOf(id, run))),
      },
      sources: () => source,
      destinations: () => destination,
      queues: {
        planner: simSender(process, planner, (bodies) => this.rules.sends(process, bodies)),
        fetcher: simSender(process, fetcher, (bodies) => this.rules.sends(process, bodies)),
        finalizer: simSender(process, finalizer, (bodies) => this.rules.sends(process, bodies)),
      },
      events: {
        emit: (event) => {
          this.rules.told(process, event);
          return Promise.resolve();
        },
      },
      windows: windowPool({ windowBytes: scenario.windows.bytes, count: scenario.windows.count, allocate: (bytes) => new Uint8Array(bytes) }),
      clock: { now: () => this.now, sleep: (ms, signal) => this.#sleep(process, ms, signal) },
      ids: { ulid: () => this.#ulid() },
      policy: this.#pipelinePolicy,
    };
  }

  #sleep(process: SimProcess, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      this.after(ms, () => {
        if (!process.isAlive) return;
        this.resumed = true;
        resolve();
      });
    });
  }

  #ulid(): string {
    this.#ulids += 1;
    return `01SIM${String(this.#ulids).padStart(21, '0')}`;
  }

  #makeQueues() {
    const { maxReceives } = this.scenario;
    const common = { maxReceives, onDead: () => {} };
    const finalizer = new SimQueue<FinalizerMessage>(this, { ...common, name: 'finalizer', visibilityMs: TIMES.finalizerTimeoutMs });
    return {
      planner: new SimQueue<PlannerMessage>(this, { ...common, name: 'planner', visibilityMs: TIMES.plannerTimeoutMs }),
      fetcher: new SimQueue<PieceTask>(this, {
        name: 'fetcher',
        visibilityMs: TIMES.fetcherTimeoutMs,
        maxReceives,
        onDead: (task) => finalizer.put({ kind: 'dead', v: 1, task }, 0),
      }),
      finalizer,
    };
  }

  #makeFleets(): void {
    const { rules } = this;
    const { workers, frozen, windows } = this.scenario;
    const { planner, fetcher, finalizer } = this.#queues;
    const frozenAt = (name: string) => frozen.filter(({ queue }) => queue === name);
    new Fleet(this, {
      queue: planner,
      workers: workers.planner,
      slots: 1,
      batchSize: 1,
      timeoutMs: TIMES.plannerTimeoutMs,
      frozen: frozenAt('planner'),
      async handle({ ports, process }, batch) {
        for (const { kind, transferId } of batch) await (kind === 'plan' ? planTransfer : finishTransfer)(ports, transferId, process.signal);
        return [];
      },
    });
    new Fleet(this, {
      queue: fetcher,
      workers: workers.fetcher,
      slots: windows.count + 1,
      batchSize: 1,
      timeoutMs: TIMES.fetcherTimeoutMs,
      frozen: frozenAt('fetcher'),
      async handle({ ports, cache, process }, batch) {
        for (const task of batch) {
          const reports = rules.reports(process);
          await fetchPiece(ports, cache, task, process.signal);
          rules.fetched(process, task, reports);
        }
        return [];
      },
    });
    new Fleet(this, {
      queue: finalizer,
      workers: workers.finalizer,
      slots: 1,
      batchSize: 6,
      timeoutMs: TIMES.finalizerTimeoutMs,
      frozen: frozenAt('finalizer'),
      async handle({ ports, process }, batch) {
        const failed: FinalizerMessage[] = [];
        for (const [transferId, inputs] of Map.groupBy(batch, transferOf)) {
          rules.decides(process, transferId, inputs);
          try {
            await finalize(ports, transferId, inputs, process.signal);
          } catch (error) {
            rules.handlerFailed(process, error);
            failed.push(...inputs);
          }
        }
        return failed;
      },
    });
  }

  /** Somebody else's clean-up, or a lifecycle rule: now and then an open upload is gone. */
  #letUploadsVanish(): void {
    if (this.scenario.rates.uploadVanishes === undefined) return;
    const look = () => {
      if (this.elapsedMs >= this.scenario.faultsUntilMs) return;
      for (const upload of this.store.standing()) {
        if (!this.strikes('uploadVanishes')) continue;
        this.trace('somebody', `aborts ${upload.id}`);
        this.store.abort(upload.id);
      }
      this.after(20 * SECOND_MS, look);
    };
    look();
  }

  /** Latest moment at which an open transfer may still be open. */
  endsBy(deadlineAt: string): number {
    return Math.max(fromIso(deadlineAt), START + this.scenario.faultsUntilMs) + 4 * this.#pipelinePolicy.graceMs + 60 * MINUTE_MS;
  }

  get quietMs(): number {
    return this.#pipelinePolicy.decide.quietMs;
  }
}

const START = Date.UTC(2026, 0, 1);

function transferOf(message: FinalizerMessage): string {
  return message.kind === 'dead' ? message.task.transferId : message.transferId;
}

function policyOf(scenario: Scenario, elapsedMs: () => number): Policy {
  return {
    plan: { singleMaxBytes: scenario.singleMaxBytes, preferredPieceBytes: 8, granuleBytes: 2, streamPieceBytes: Math.min(10, scenario.windows.bytes * scenario.windows.count), pieceTimeMs: TIMES.fetcherTimeoutMs },
    decide: { quietMs: 2 * TIMES.fetcherTimeoutMs, quietCapMs: 15 * MINUTE_MS, backoff: { baseMs: 500, capMs: 30 * SECOND_MS } },
    recordCacheMs: TIMES.recordCacheMs,
    graceMs: TIMES.recordCacheMs + TIMES.plannerTimeoutMs + 5 * MINUTE_MS,
    orphanAgeMs: 60 * MINUTE_MS,
    plannerLifeMs: TIMES.plannerTimeoutMs,
    places: (parallelism) => Math.min(parallelism, elapsedMs() < scenario.places.changeMs ? scenario.places.first : scenario.places.then),
  };
}
