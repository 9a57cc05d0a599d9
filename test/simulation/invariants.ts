import { PieceworkError } from '../../lib/errors/error.ts';
import type { PieceworkEvent } from '../../lib/transfer/events.ts';
import { isDone } from '../../lib/transfer/ledger.ts';
import { destinationId } from '../../lib/transfer/locators.ts';
import type { FinalizerMessage, PieceTask } from '../../lib/transfer/messages.ts';
import { attemptOf, isOver, type Status, type TransferRecord } from '../../lib/transfer/record.ts';
import type { Order } from './scenario.ts';
import { brokenByWrite, situationsOf } from './record-invariants.ts';
import type { SimProcess } from './sim-process.ts';
import type { RecordChange } from './sim-records.ts';
import type { SimObject } from './sim-store.ts';
import type { World } from './world.ts';

/** The last write of a transfer by one process, and which pieces it has sent since: commands follow the write that decided them. */
interface OwnWrite {
  readonly record: TransferRecord;
  readonly at: number;
  readonly sent: Set<number>;
}

/** The invariants of design §1 and the rules of protocol §3, held against every step. */
export class Rules {
  readonly #world: World;
  readonly #orders = new Map<string, Order>();
  readonly #ownWrites = new Map<SimProcess, Map<string, OwnWrite>>();
  /** Uploads and tokens that some stored record wanted completed; uploads that one wanted aborted; the staged ones named as objects. */
  readonly #finalizing = new Set<string>();
  readonly #toAbort = new Set<string>();
  readonly #stagedNamed = new Set<string>();
  readonly #everUsed = new Set<string>();
  readonly #creators = new Map<string, SimProcess>();
  readonly #lastSent = new Map<string, number>();
  readonly #seen = new Map<string, SimObject>();
  readonly #inputs = new Map<SimProcess, { readonly transferId: string; readonly inputs: readonly FinalizerMessage[] }>();
  readonly #reports = new Map<SimProcess, number>();
  readonly #waiting = new Map<string, readonly (() => void)[]>();

  constructor(world: World) {
    this.#world = world;
  }

  orderPlaced(order: Order): void {
    this.#orders.set(destinationId(order.target), order);
    const [version, other] = order.origin.versions;
    const { store } = this.#world;
    if (version === undefined || other === undefined || order.before === 'nothing') return;
    const { bytes, validator } = order.before === 'same' ? version : { bytes: Uint8Array.of(1, 2, 3), validator: other.validator };
    store.put(order.target, bytes, 'foreign', validator, 'none');
  }

  recordChanged(process: SimProcess, { path, before, after }: RecordChange): void {
    if (!path.startsWith('transfers/')) {
      if (JSON.stringify(after).includes('SECRET')) this.#world.broke(`${path} holds a secret`);
      return;
    }
    const old = before as TransferRecord | undefined;
    const record = after as TransferRecord;
    const places = this.#world.mostPlaces(record.request.options.parallelism);
    const broken = brokenByWrite(old, record, places) ?? this.#againstLedger(record, places) ?? this.#withoutCause(process, old, record);
    if (broken !== undefined) this.#world.broke(`${record.id} rev ${record.rev}: ${broken}`);
    this.#learn(record);
    if (old?.status !== record.status) this.#tellWaiting(record);
    for (const situation of situationsOf(old, record)) this.#world.reach(situation);
    const writes = this.#ownWrites.get(process) ?? new Map<string, OwnWrite>();
    this.#ownWrites.set(process, writes.set(record.id, { record, at: this.#world.now, sent: new Set() }));
  }

  /** Calls back when a transfer of the order next comes to the status; one call for each time. */
  onStatus(order: Order, status: Status, tell: () => void): void {
    const key = `${destinationId(order.target)} ${status}`;
    this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), tell]);
  }

  #tellWaiting(record: TransferRecord): void {
    const origin = this.#orders.get(destinationId(record.request.destination))?.origin;
    if (origin?.changesOnFailure === true && record.status === 'failed') origin.hasChanged = true;
    const key = `${destinationId(record.request.destination)} ${record.status}`;
    const [first, ...rest] = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, rest);
    first?.();
  }

  #learn(record: TransferRecord): void {
    const { upload, planId, ending, toAbort } = record;
    if (upload !== undefined) this.#everUsed.add(upload.id);
    if (record.status === 'finalizing') {
      this.#finalizing.add(upload?.id ?? `${record.id}.${planId ?? ''}`);
      if (upload?.staged === true && record.stagedObject === true) this.#stagedNamed.add(upload.id);
      if (ending !== undefined && upload !== undefined) this.#toAbort.add(upload.id);
    }
    for (const entry of toAbort) this.#toAbort.add(entry.upload.id);
  }

  /** The ledger as it really is: what the record says of it must be so. */
  #againstLedger(record: TransferRecord, places: number): string | undefined {
    const { plan, upload, doneThrough, cursor, status } = record;
    const parts = upload === undefined ? undefined : this.#world.store.uploads.get(upload.id);
    if (plan?.mode !== 'pieces' || parts?.state !== 'open') return undefined;
    const missing = (through: number) =>
      Array.from({ length: through }, (_, index) => index + 1).filter((number) => {
        const there = parts.parts.get(number);
        return there === undefined || !isDone(plan, there.part);
      });
    if (missing(doneThrough).length > 0) return `doneThrough ${doneThrough}, and the ledger lacks ${missing(doneThrough).join(', ')}`;
    if (status === 'finalizing' && missing(plan.pieceCount).length > 0) return `finalizing, and the ledger lacks ${missing(plan.pieceCount).join(', ')}`;
    const inFlight = missing(cursor - 1).length;
    return status === 'transferring' && inFlight > places ? `${inFlight} pieces in flight, ${places} places (rule 3)` : undefined;
  }

  sends(process: SimProcess, bodies: readonly unknown[]): void {
    if (JSON.stringify(bodies).includes('SECRET')) this.#world.broke('a message holds a secret');
    for (const body of bodies as readonly { readonly kind: string }[]) {
      if (body.kind === 'result') this.#reports.set(process, this.reports(process) + 1);
      if (body.kind === 'piece') this.#sendsPiece(process, body as PieceTask);
    }
  }

  /** A finalizer begins with these inputs: what it then writes must follow from them. */
  decides(process: SimProcess, transferId: string, inputs: readonly FinalizerMessage[]): void {
    this.#inputs.set(process, { transferId, inputs });
  }

  /** Rule 4: an answer to a piece is an answer to something, of this plan and this attempt. */
  #withoutCause(process: SimProcess, before: TransferRecord | undefined, after: TransferRecord): string | undefined {
    if (before?.status !== 'transferring' || before.plan?.mode !== 'pieces') return undefined;
    const batch = this.#inputs.get(process);
    const tasks = (batch?.transferId === after.id ? batch.inputs : []).flatMap(failedTask);
    const counts = (number: number) => tasks.some((task) => task.planId === before.planId && task.pieceNumber === number && task.attempt === attemptOf(before, number));
    for (const number of Object.keys(after.trouble).map(Number)) {
      if (attemptOf(after, number) > attemptOf(before, number) && !counts(number)) return `attempt ${attemptOf(before, number)} of piece ${number} is answered, and nobody reported it (rules 4, 6)`;
    }
    const isByItself = after.reason === undefined || ['DeadlineExceeded', 'UploadLost', 'Cancelled'].includes(after.reason.code);
    if (after.status === 'failed' && !isByItself && !tasks.some((task) => counts(task.pieceNumber))) return `failed by ${after.reason?.code}, and no failure counts (rule 4)`;
    return undefined;
  }

  /** Rules 6 and 8: a fetcher drops only what the record really says is over. */
  fetched(process: SimProcess, task: PieceTask, reportsBefore: number): void {
    if (this.reports(process) > reportsBefore) return;
    const record = this.#world.records.transfers().find(({ id }) => id === task.transferId);
    const isWanted = record?.status === 'transferring' && record.planId === task.planId && task.attempt >= attemptOf(record, task.pieceNumber);
    if (isWanted) this.#world.broke(`piece ${task.pieceNumber}.${task.attempt} was dropped, and the record wants it (rule 8)`);
  }

  reports(process: SimProcess): number {
    return this.#reports.get(process) ?? 0;
  }

  #sendsPiece(process: SimProcess, { transferId, planId, pieceNumber, attempt }: PieceTask): void {
    if (!process.isAlive) return;
    const write = this.#ownWrites.get(process)?.get(transferId);
    const name = `piece ${pieceNumber}.${attempt} of ${planId.slice(-4)}`;
    if (write?.record.planId !== planId) return this.#world.broke(`${name} is sent without a write that says so (rule 1)`);
    const { record, sent, at } = write;
    if (sent.has(pieceNumber)) return this.#world.broke(`${name} is sent twice after one write`);
    sent.add(pieceNumber);
    const isSaid = record.status === 'transferring' && pieceNumber < record.cursor && attempt === attemptOf(record, pieceNumber);
    if (!isSaid) return this.#world.broke(`${name} is sent, and the record says ${record.status}, cursor ${record.cursor}, attempt ${attemptOf(record, pieceNumber)}`);
    const key = `${planId}/${pieceNumber}/${attempt}`;
    const last = this.#lastSent.get(key);
    // Same attempt again: only by the tick, and only after the quiet time. (Less the time that a decision takes to be stored.)
    if (last !== undefined && at - last < this.#world.quietMs / 2) this.#world.broke(`${name} is sent again after ${at - last} ms (rule 7)`);
    this.#lastSent.set(key, at);
  }

  told(process: SimProcess, event: PieceworkEvent): void {
    if (process.isAlive && JSON.stringify(event).includes('SECRET')) this.#world.broke(`an event holds a secret: ${event.type}`);
  }

  created(process: SimProcess, uploadId: string): void {
    this.#creators.set(uploadId, process);
  }

  mayPut(process: SimProcess, token: string): void {
    if (process.isAlive && !this.#finalizing.has(token)) this.#world.broke(`put ${token} before the record said finalizing (rule 10)`);
  }

  mayComplete(process: SimProcess, uploadId: string): void {
    if (!process.isAlive) return;
    if (!this.#finalizing.has(uploadId)) this.#world.broke(`complete ${uploadId} before the record said finalizing (rule 10)`);
    const isStaged = this.#world.store.uploads.get(uploadId)?.target.includes('.piecework-') === true;
    if (isStaged && !this.#stagedNamed.has(uploadId)) this.#world.broke(`complete ${uploadId} before the record named the staged object`);
  }

  mayAbort(process: SimProcess, uploadId: string): void {
    if (!process.isAlive || this.#toAbort.has(uploadId) || !this.#everUsed.has(uploadId)) return;
    this.#world.broke(`abort ${uploadId}, which no record named for it (rule 14)`);
  }

  /** An abort arrives: nobody may be using the upload any more. */
  aborts(uploadId: string): void {
    const { records, store } = this.#world;
    for (const { id, status, upload, ending } of records.transfers()) {
      // (A completion that won against an ending: there is no upload any more that the abort could hurt.)
      if (upload?.id === uploadId && ending === undefined && status !== 'completed') this.#world.broke(`abort of ${uploadId}, which ${id} (${status}) still uses (rule 14)`);
    }
    const state = store.uploads.get(uploadId)?.state;
    if (state === 'zombie') this.#world.reach('part after the abort cleaned up');
    if (state === 'open' && !this.#everUsed.has(uploadId)) this.#world.reach('orphan or unrecorded upload aborted');
  }

  handlerFailed(process: SimProcess, error: unknown): void {
    const isExpected = error instanceof PieceworkError ? error.code !== 'Internal' : process.signal.aborted;
    this.#world.trace(process.name, `fails: ${error instanceof PieceworkError ? error.code : String(error)}`);
    if (!isExpected) this.#world.broke(`a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  /** All or nothing (invariant 1), and the status does not lie. */
  checkObjects(): void {
    const { store, records } = this.#world;
    const transfers = records.transfers();
    for (const [key, order] of this.#orders) {
      const object = store.objects.get(key);
      if (object !== undefined && object !== this.#seen.get(key)) {
        this.#seen.set(key, object);
        this.#checkBytes(key, order, object, transfers);
      }
      for (const record of transfers) if (destinationId(record.request.destination) === key) this.#checkEnd(record, object, transfers);
    }
  }

  #checkBytes(key: string, { origin, options }: Order, object: SimObject, transfers: readonly TransferRecord[]): void {
    if (object.token === 'foreign') return;
    const owner = transfers.find(({ id }) => object.token?.startsWith(`${id}.`));
    if (owner === undefined) return this.#world.broke(`${key} holds an object of nobody`);
    const isOneVersion = origin.versions.some(({ bytes }) => Buffer.compare(bytes, object.bytes) === 0);
    const isProvable = origin.versions[0]?.validator.kind !== 'none' || options.expect.digests.sha256 !== undefined || origin.publishesDigest;
    if (!isOneVersion && isProvable) this.#world.broke(`${key} is visible with bytes of no version (invariant 1)`);
  }

  #checkEnd(record: TransferRecord, object: SimObject | undefined, transfers: readonly TransferRecord[]): void {
    const isOurs = object?.token?.startsWith(`${record.id}.`) === true;
    if ((record.status === 'failed' || record.status === 'cancelled') && isOurs) {
      this.#world.broke(`${record.id} is ${record.status}, and its object is there`);
    }
    if (record.status !== 'completed') return;
    const isAnothers = transfers.some(({ id }) => id !== record.id && object?.token?.startsWith(`${id}.`));
    if (object === undefined) this.#world.broke(`${record.id} is completed, and nothing is there`);
    else if (!isOurs && !isAnothers && record.result?.unchanged !== true) this.#world.broke(`${record.id} is completed, and what is there is not its object`);
    else if (isOurs && record.result?.sizeBytes !== object.bytes.length) this.#world.broke(`${record.id} says ${record.result?.sizeBytes} bytes of ${object.bytes.length}`);
    this.#checkVersion(record, object);
  }

  #checkVersion(record: TransferRecord, object: SimObject | undefined): void {
    const order = this.#orders.get(destinationId(record.request.destination));
    if (order === undefined || object?.token?.startsWith(`${record.id}.`) !== true) return;
    const isOneVersion = order.origin.versions.some(({ bytes }) => Buffer.compare(bytes, object.bytes) === 0);
    const wanted = order.options.expect.digests.sha256;
    if (record.result?.version !== 'unverified' && !isOneVersion) this.#world.broke(`${record.id} claims ${record.result?.version} for a mixture`);
    if (wanted !== undefined && record.result?.digests.sha256 !== wanted) this.#world.broke(`${record.id} is completed without the digest that was asked for`);
  }

  /** Bounded time (invariant 4): looked at whenever the schedule comes by. */
  checkTime(): void {
    for (const { id, status, deadlineAt } of this.#world.records.transfers().filter((record) => !isOver(record))) {
      if (this.#world.now > this.#world.endsBy(deadlineAt)) this.#world.broke(`${id} is still ${status}, long after its deadline (${deadlineAt})`);
    }
  }

  checkEnd(): void {
    const left = this.describeLeftovers();
    if (left !== '') this.#world.broke(`left behind: ${left}`);
    for (const [key, { mustComplete }] of this.#orders) {
      const transfers = this.#world.records.transfers().filter((record) => destinationId(record.request.destination) === key);
      const isComplete = transfers.some(({ status }) => status === 'completed');
      if (mustComplete && !isComplete) this.#world.broke(`nothing kept ${key} from completing: ${transfers.map(({ status, reason }) => `${status} ${reason?.code ?? ''} ${reason?.message ?? ''}`).join(', ')}`);
    }
  }

  describeLeftovers(): string {
    const { records, store, sealed } = this.#world;
    const open = records.transfers().filter((record) => !isOver(record));
    return [
      ...open.map(({ id, status }) => `${id} ${status}`),
      ...store.standing().map(({ id, state, target }) => `upload ${id} (${state}) of ${target}`),
      ...[...store.objects.keys()].filter((key) => key.includes('.piecework-')).map((key) => `staged ${key}`),
      ...records.paths('active/').map((path) => `marker ${path}`),
      ...[...sealed.keys()].map((name) => `sealed source ${name}`),
      ...(this.#world.queuesLength() > 0 ? [`${this.#world.queuesLength()} messages`] : []),
    ].join('; ');
  }
}

function failedTask(input: FinalizerMessage): readonly Pick<PieceTask, 'planId' | 'pieceNumber' | 'attempt'>[] {
  if (input.kind === 'dead') return [input.task];
  return input.kind === 'result' && input.outcome === 'failed' ? [input] : [];
}
