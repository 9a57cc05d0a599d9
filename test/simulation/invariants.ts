import { PieceworkError } from '../../lib/errors/error.ts';
import type { PieceworkEvent } from '../../lib/transfer/progress/events.ts';
import type { Status, TransferRecord } from '../../lib/transfer/record/record.ts';
import { isOver, isSettled } from '../../lib/transfer/record/record.ts';
import { identityOf } from '../support/places.ts';
import { CommandRules } from './command-invariants.ts';
import { ObjectRules } from './object-invariants.ts';
import { PatienceRules } from './patience-invariants.ts';
import { answeredWithoutCause, brokenAgainstLedger, brokenByWrite, refusalPassedOver } from './record-invariants.ts';
import { RescueRules } from './rescue-invariants.ts';
import type { Order } from './scenario.ts';
import type { SimProcess } from './sim-process.ts';
import type { Batch, RecordChange } from './sim-records.ts';
import { situationsOf } from './situations.ts';
import type { Truth } from './truth.ts';

const LOOK_DENIED = 'the store denies head';

/** The invariants of docs/architecture.md and the rules of protocol §3, held against every step. */
export class Rules {
  readonly commands: CommandRules;
  readonly objects: ObjectRules;
  readonly rescues: RescueRules;
  readonly patience: PatienceRules;
  readonly #world: Truth;
  readonly #inputs = new Map<SimProcess, Batch>();
  /** Ends that were announced. */
  readonly #completed = new Set<string>();
  readonly #waiting = new Map<string, readonly (() => void)[]>();

  constructor(world: Truth) {
    this.#world = world;
    this.commands = new CommandRules(world);
    this.objects = new ObjectRules(world);
    this.rescues = new RescueRules(world);
    this.patience = new PatienceRules(world);
  }

  /** A finalizer begins with these inputs: what it then writes must follow from them. */
  decides(process: SimProcess, batch: Batch): void {
    this.#inputs.set(process, batch);
    this.commands.begins(process);
  }

  /** It has done all that was to be done. */
  decided(process: SimProcess, { transferId, inputs }: Batch): void {
    this.commands.succeeds(process);
    const record = this.#world.records.transfers().find(({ id }) => id === transferId);
    const broken = record === undefined ? undefined : refusalPassedOver(record, inputs);
    if (broken !== undefined) this.#world.broke(`${transferId}: ${broken}`);
  }

  batchOf(process: SimProcess): Batch | undefined {
    return this.#inputs.get(process);
  }

  recordChanged(process: SimProcess, { path, before, after, batch }: RecordChange): void {
    if (!path.startsWith('transfers/')) {
      if (JSON.stringify(after).includes('SECRET')) this.#world.broke(`${path} holds a secret`);
      return;
    }
    const old = before as TransferRecord | undefined;
    const record = after as TransferRecord;
    const places = this.#world.mostPlaces(record.request.options.parallelism);
    const ledger = this.#world.store.uploads.get(record.upload?.id ?? '');
    const inputs = batch?.transferId === record.id ? batch.inputs : [];
    if (record.ending?.reason.message === LOOK_DENIED)
      this.#world.broke(`${record.id}: a look that was refused took the place of the first error (rule 11)`);
    const broken =
      brokenByWrite(old, record, places) ??
      brokenAgainstLedger(record, ledger, places) ??
      this.objects.mixture(record, ledger) ??
      (this.#isWithoutLedger(record) || this.#isOnMachine ? undefined : answeredWithoutCause(old, record, inputs));
    if (broken !== undefined) this.#world.broke(`${record.id} rev ${record.rev}: ${broken}`);
    this.commands.recorded(process, old, record);
    if (old?.status !== record.status) this.patience.ended(record, this.objects.orderFor(record));
    if (old?.status !== record.status) this.#wake(record);
    for (const situation of situationsOf(old, record)) this.#world.reach(situation);
  }

  /** What an engine was given is in its own memory. */
  get #isOnMachine(): boolean {
    return this.#world.scenario.placesPerWorker !== undefined;
  }

  /** A store that does not show the parts is reason enough to end. */
  #isWithoutLedger({ reason }: TransferRecord): boolean {
    return reason?.code === 'DestinationDenied' && this.#world.scenario.denial?.actions.includes('list') === true;
  }

  /** A marker goes last (rule 15): that of an earlier run, or of a transfer of which nothing is left to be done. */
  recordDeleted(path: string): void {
    const [kind, transferId, run] = path.split('/');
    const record = this.#world.records.transfers().find(({ id }) => id === transferId);
    if (kind !== 'active' || record === undefined || record.run > Number(run) || this.isSettled(record)) return;
    this.#world.broke(`the marker of ${transferId} goes, and work remains (rule 15)`);
  }

  /** Nothing is left of it; a record of what is completed need not say that its end was announced (rule 17). */
  isSettled(record: TransferRecord): boolean {
    return isSettled(this.#completed.has(endOf(record.id, record.run)) ? { ...record, announced: true } : record);
  }

  /** Calls back when a transfer of the order next comes to the status; one call for each time. */
  onStatus(order: Order, status: Status, wake: () => void): void {
    const key = `${identityOf(order.target)} ${status}`;
    this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), wake]);
  }

  #wake(record: TransferRecord): void {
    const origin = this.objects.orderFor(record)?.origin;
    if (origin?.changesOnFailure === true && record.status === 'failed') origin.hasChanged = true;
    const key = `${identityOf(record.request.destination)} ${record.status}`;
    const [first, ...rest] = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, rest);
    first?.();
  }

  emitted(process: SimProcess, event: PieceworkEvent): void {
    if (process.isAlive && JSON.stringify(event).includes('SECRET'))
      this.#world.broke(`an event holds a secret: ${event.type}`);
    if (event.type === 'piece.rescued') this.#world.reach('piece rescued');
    if (event.type === 'warning' && event.message.startsWith('nothing was on its way')) this.#wasIdle(event.message);
    if (event.type === 'completed') this.#completed.add(endOf(event.transferId, event.run));
  }

  /** Parts that went with their upload, which a late one brought back, are all that is to be repaired. */
  #wasIdle(message: string): void {
    if (this.#world.store.standing().every(({ state }) => state !== 'zombie')) this.#world.broke(message);
    this.#world.reach('asked again when idle');
  }

  handlerFailed(process: SimProcess, error: unknown): void {
    const isExpected = error instanceof PieceworkError ? error.code !== 'Internal' : process.signal.aborted;
    this.#world.trace(process.name, `fails: ${error instanceof PieceworkError ? error.code : String(error)}`);
    if (!isExpected)
      this.#world.broke(`a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  /** Bounded time (invariant 4): looked at whenever the schedule comes by. */
  checkTime(): void {
    for (const record of this.#world.records.transfers().filter((one) => !isOver(one))) {
      const { id, status, deadlineAt } = record;
      this.patience.stillOpen(record, this.objects.orderFor(record));
      if (this.#world.now > this.#world.endsBy(deadlineAt))
        this.#world.broke(`${id} is still ${status}, long after its deadline (${deadlineAt})`);
    }
  }
}

function endOf(transferId: string, run: number): string {
  return `${transferId}.${run}`;
}
