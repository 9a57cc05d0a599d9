import { PieceworkError } from '../../lib/errors/error.ts';
import type { Policy } from '../../lib/pipeline/shared/ports.ts';
import type { SourceLocator } from '../../lib/transfer/locators.ts';
import { isOver } from '../../lib/transfer/record/record.ts';
import { fromIso, toIso } from '../../lib/values/time.ts';
import type { Chance } from './chance.ts';
import { chanceFrom } from './chance.ts';
import type { StoreAction } from './denials.ts';
import { denying } from './draw-denial.ts';
import { intruding } from './draw-intruder.ts';
import { loaded } from './draw-loads.ts';
import { drawScenario } from './draw-scenario.ts';
import { silent } from './draw-silent.ts';
import { unsteady } from './draw-unsteady.ts';
import type { FaultKind } from './faults.ts';
import { Rules } from './invariants.ts';
import { onMachine } from './machine/on-machine.ts';
import { policyOf } from './policy.ts';
import type { Scenario } from './scenario.ts';
import { Timeline } from './sim-clock.ts';
import { SimIntruder } from './sim-intruder.ts';
import type { SimQueues } from './sim-queues.ts';
import { makeQueues } from './sim-queues.ts';
import { RecordStore } from './sim-records.ts';
import type { SimOrigin } from './sim-source.ts';
import { ObjectStore } from './sim-store.ts';
import { MINUTE_MS, SECOND_MS, TIMES } from './times.ts';
import type { Truth } from './truth.ts';

/** Where a history is played: by the functions of a deployment, or by commands on one machine. */
export type SimHome = 'deployment' | 'machine';

/**
 * Everything that a simulated history stands in: time, chance, the stores and queues, and
 * the rules that watch over them.
 */
export class World implements Truth {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly chance: Chance;
  readonly times = TIMES;
  readonly records: RecordStore;
  readonly store: ObjectStore;
  readonly intruder: SimIntruder;
  readonly sealed = new Map<string, SourceLocator>();
  readonly rules: Rules;
  /** Set when a simulated process may have gone on: its code runs before the next event. */
  resumed = false;
  failure: string | undefined;
  /** Callers who wait for an answer, or will ask again. */
  callers = 0;
  readonly #timeline = new Timeline(START);
  readonly faults = new Map<string, number>();
  readonly situations = new Map<string, number>();
  readonly origins = new Map<string, SimOrigin>();
  readonly #onStep: ((line: string) => void) | undefined;
  readonly queues: SimQueues;
  readonly pipelinePolicy: Policy;
  #ulids = 0;
  steps = 0;

  constructor(seed: number, home: SimHome, onStep?: (line: string) => void) {
    this.seed = seed;
    this.#onStep = onStep;
    this.chance = chanceFrom(seed);
    const intruderChance = chanceFrom(INTRUDERS + seed);
    const intruded = intruding(intruderChance, denying(chanceFrom(DENIALS + seed), drawScenario(this.chance)));
    const waiting = silent(chanceFrom(SILENT + seed), unsteady(chanceFrom(UNSTEADY + seed), intruded));
    const deployed = loaded(chanceFrom(LOADS + seed), waiting);
    this.scenario = home === 'machine' ? onMachine(deployed) : deployed;
    this.rules = new Rules(this);
    this.records = new RecordStore((process, change) => this.rules.recordChanged(process, change));
    const { destination, intruder } = this.scenario;
    this.store = new ObjectStore(this, destination.limits, intruder?.hasVersions === true);
    this.intruder = new SimIntruder(this, intruderChance);
    this.pipelinePolicy = policyOf(this.scenario, () => this.elapsedMs);
    this.queues = makeQueues(this, this.scenario.maxReceives);
    for (const order of this.scenario.orders) this.origins.set(order.origin.url, order.origin);
  }

  get now(): number {
    return this.#timeline.now;
  }

  get elapsedMs(): number {
    return this.now - START;
  }

  /** The most places that a transfer ever had. */
  mostPlaces(parallelism: number): number {
    const { places, placesPerWorker } = this.scenario;
    if (placesPerWorker !== undefined) return parallelism * placesPerWorker;
    return Math.min(parallelism, Math.max(places.first, places.second));
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

  /** What the store says instead of doing it. */
  denialOf(action: StoreAction): PieceworkError | undefined {
    const { denial } = this.scenario;
    const isDenied =
      denial?.actions.includes(action) === true && this.elapsedMs >= denial.fromMs && this.elapsedMs < denial.untilMs;
    if (!isDenied) return undefined;
    this.count(`${denial.how}: ${action}`);
    return denial.how === 'denied'
      ? new PieceworkError('DestinationDenied', `the store denies ${action}`)
      : new PieceworkError('DestinationBusy', `the store asks for patience at ${action}`);
  }

  count(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  reach(situation: string): void {
    this.situations.set(situation, (this.situations.get(situation) ?? 0) + 1);
  }

  trace(who: string, what: string): void {
    this.#onStep?.(`${toIso(this.now).slice(8, 23)} ${who.padEnd(14)} ${what}`);
  }

  /** An invariant does not hold: the first one that broke is what counts. */
  broke(what: string): void {
    this.trace('INVARIANT', what);
    this.failure ??= what;
  }

  /** One event; false when nothing will happen any more. */
  step(): boolean {
    this.steps += 1;
    return this.#timeline.step();
  }

  check(): void {
    this.rules.objects.check();
  }

  queuesLength(): number {
    const { planner, streams, fetcher, finalizer } = this.queues;
    return planner.length + streams.length + fetcher.length + finalizer.length;
  }

  areActsOver(): boolean {
    const { orders, faultsUntilMs } = this.scenario;
    const lastActMs = Math.max(faultsUntilMs, ...orders.flatMap(({ acts }) => acts.map(({ atMs }) => atMs)));
    return this.elapsedMs > lastActMs + 15 * MINUTE_MS;
  }

  isSettled(): boolean {
    return (
      this.areActsOver() &&
      this.callers === 0 &&
      this.records.paths('active/').length === 0 &&
      this.sealed.size === 0 &&
      this.records.transfers().every((record) => isOver(record) && this.rules.isSettled(record))
    );
  }

  ulid(): string {
    this.#ulids += 1;
    return `01SIM${String(this.#ulids).padStart(21, '0')}`;
  }

  /** Latest moment at which an open transfer may still be open. */
  endsBy(deadlineAt: string): number {
    return (
      Math.max(fromIso(deadlineAt), START + this.scenario.faultsUntilMs) +
      4 * this.pipelinePolicy.graceMs +
      60 * MINUTE_MS
    );
  }

  get quietMs(): number {
    return this.pipelinePolicy.decide.quietMs;
  }
}

/** Their own chance: the histories without them stay what they were. */
const DENIALS = 1_000_000_007;
const INTRUDERS = 2_000_000_011;
const UNSTEADY = 3_000_000_019;
const SILENT = 4_000_000_007;
const LOADS = 5_000_000_029;
const START = Date.UTC(2026, 0, 1);
