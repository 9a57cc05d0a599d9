import { piecesOf } from '../../lib/transfer/loads/loads.ts';
import type { PieceTask } from '../../lib/transfer/messages.ts';
import { hasPiece } from '../../lib/transfer/plan/piece-set.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { attemptOf } from '../../lib/transfer/record/record.ts';
import { identityOf } from '../support/places.ts';
import { holderOf } from './load-invariants.ts';
import type { SimProcess } from './sim-process.ts';
import type { Truth } from './truth.ts';

/**
 * The last write of a transfer by one process, and which pieces it has sent since: commands
 * follow the write that decided them.
 */
interface OwnWrite {
  readonly record: TransferRecord;
  /** What stood there before it. */
  readonly before: TransferRecord | undefined;
  readonly at: number;
  readonly sent: Set<number>;
}

/** What a process may send, complete and abort: only what a stored record said before (rules 1, 6, 7, 8, 10 and 14). */
export class CommandRules {
  readonly #world: Truth;
  readonly #ownWrites = new Map<SimProcess, Map<string, OwnWrite>>();
  readonly #lastSent = new Map<string, number>();
  readonly #reports = new Map<SimProcess, number>();
  /** Pieces that a write brought on their way, and that its writer has not sent as yet. */
  readonly #owed = new Map<SimProcess, Set<string>>();
  /** Uploads, or tokens of single puts, that some stored record wanted completed. */
  readonly #finalizing = new Set<string>();
  readonly #stagedNamed = new Set<string>();
  readonly #toAbort = new Set<string>();
  readonly #everUsed = new Set<string>();
  /** Destinations at which a process does not know whether its completion was done. */
  readonly #doubts = new Map<SimProcess, string>();

  constructor(world: Truth) {
    this.#world = world;
  }

  recorded(process: SimProcess, before: TransferRecord | undefined, record: TransferRecord): void {
    this.#learn(record);
    this.#forgives(process, before, record);
    if (process.isAlive) this.#owes(process, before, record);
    if (record.status === 'finalizing' && this.#doubts.get(process) === identityOf(record.request.destination))
      this.#world.broke(
        `${record.id} goes on after an unsure completion, and no look was taken for its object (rule 11)`,
      );
    const writes = this.#ownWrites.get(process) ?? new Map<string, OwnWrite>();
    this.#ownWrites.set(process, writes.set(record.id, { record, before, at: this.#world.now, sent: new Set() }));
  }

  #forgives(process: SimProcess, before: TransferRecord | undefined, record: TransferRecord): void {
    const forgive = (owed: Set<string>, plan: string) => {
      for (const name of owed) if (name.endsWith(plan)) owed.delete(name);
    };
    // When a write was written over since, its writer can't know any more that it was its own.
    for (const [other, owed] of this.#owed) if (other !== process) forgive(owed, planOf(record));
    // No process owes pieces of a plan that is no more: a write that came late may have said them after all.
    if (before?.planId === undefined || before.planId === record.planId) return;
    for (const owed of this.#owed.values()) forgive(owed, planOf(before));
  }

  #owes(process: SimProcess, before: TransferRecord | undefined, after: TransferRecord): void {
    if (after.status !== 'transferring' || after.plan?.mode !== 'pieces') return;
    const isSamePlan = before?.planId === after.planId && before?.status === 'transferring';
    const owed = this.#owed.get(process) ?? new Set();
    for (let number = after.doneThrough + 1; number < after.cursor; number += 1) {
      const attempt = attemptOf(after, number);
      const wasOnItsWay =
        isSamePlan &&
        number < before.cursor &&
        attempt <= attemptOf(before, number) &&
        holderOf(before, number) === holderOf(after, number);
      if (holderOf(after, number) === 'returned' || hasPiece(after.reported ?? [], number)) continue;
      if (!wasOnItsWay && !this.#isThere(after, number)) owed.add(nameOf({ ...after, pieceNumber: number, attempt }));
    }
    this.#owed.set(process, owed);
  }

  /** A handler begins: what an earlier one of the process failed to send is for the tick. */
  begins(process: SimProcess): void {
    this.#owed.delete(process);
  }

  /**
   * Rule 2: a process that lives and met no failure has sent all that its writes say, also where an answer was unsure.
   */
  succeeds(process: SimProcess): void {
    const [owed] = this.#owed.get(process) ?? [];
    if (owed !== undefined && process.isAlive)
      this.#world.broke(`${owed} is on its way by a write whose writer went on, and no worker sent it (rule 2)`);
  }

  #learn(record: TransferRecord): void {
    const { upload, planId, ending, promotions = [], toAbort } = record;
    for (const { id } of promotions) this.#finalizing.add(id);
    if (upload !== undefined) this.#everUsed.add(upload.id);
    if (record.status === 'finalizing') {
      this.#finalizing.add(upload?.id ?? `${record.id}.${planId ?? ''}`);
      if (upload?.staged === true && record.stagedObject === true) this.#stagedNamed.add(upload.id);
      if (ending !== undefined && upload !== undefined) this.#toAbort.add(upload.id);
    }
    for (const entry of toAbort) this.#toAbort.add(entry.upload.id);
  }

  sends(process: SimProcess, bodies: readonly unknown[]): void {
    if (JSON.stringify(bodies).includes('SECRET')) this.#world.broke('a message holds a secret');
    for (const body of bodies as readonly { readonly kind: string }[]) {
      if (body.kind === 'result') this.#reports.set(process, this.reports(process) + 1);
      if (body.kind === 'piece') this.#sendsPiece(process, body as PieceTask);
    }
  }

  /** Rules 6 and 8: a fetcher drops only what the record really says is over. */
  fetched(process: SimProcess, task: PieceTask, reportsBefore: number): void {
    if (this.reports(process) > reportsBefore) return;
    const record = this.#world.records.transfers().find(({ id }) => id === task.transferId);
    if (record?.status !== 'transferring' || record.planId !== task.planId) return;
    const wanted = piecesOf(task).find(
      (number) =>
        task.attempt >= attemptOf(record, number) &&
        (task.load === undefined || holderOf(record, number) === task.load.number) &&
        !this.#isThere(record, number),
    );
    if (wanted !== undefined)
      this.#world.broke(`piece ${wanted}.${task.attempt} was dropped, and the record wants it (rule 8)`);
  }

  /** (The trouble of a piece that is done is forgotten, and an older attempt looks current again.) */
  #isThere({ upload }: TransferRecord, pieceNumber: number): boolean {
    return this.#world.store.uploads.get(upload?.id ?? '')?.parts.has(pieceNumber) === true;
  }

  reports(process: SimProcess): number {
    return this.#reports.get(process) ?? 0;
  }

  #sendsPiece(process: SimProcess, task: PieceTask): void {
    for (const pieceNumber of piecesOf(task)) this.#sendsOne(process, { ...task, pieceNumber });
  }

  #sendsOne(process: SimProcess, task: PieceTask): void {
    if (!process.isAlive) return;
    const name = nameOf(task);
    this.#owed.get(process)?.delete(name);
    const write = this.#ownWrites.get(process)?.get(task.transferId);
    const broken =
      write === undefined
        ? 'without a write that says so (rule 1)'
        : (this.#unsaid(write, task) ?? this.#tooSoon(write, task));
    if (broken !== undefined) this.#world.broke(`${name} is sent ${broken}`);
  }

  /** Commands follow the write that decided them, each once. */
  #unsaid({ record, sent }: OwnWrite, { planId, pieceNumber, attempt, load }: PieceTask): string | undefined {
    if (record.planId !== planId) return 'without a write that says so (rule 1)';
    if (sent.has(pieceNumber)) return 'twice after one write';
    sent.add(pieceNumber);
    const isSaid =
      record.status === 'transferring' && pieceNumber < record.cursor && attempt === attemptOf(record, pieceNumber);
    if (load?.number !== holderOf(record, pieceNumber))
      return `in load ${load?.number}, and the record has it in ${holderOf(record, pieceNumber)}`;
    const says = `${record.status}, cursor ${record.cursor}, attempt ${attemptOf(record, pieceNumber)}`;
    return isSaid ? undefined : `, and the record says ${says}`;
  }

  /**
   * The same attempt again: only by a tick, and only after the quiet time (less what a decision takes to be stored).
   */
  #tooSoon({ at, before, record }: OwnWrite, { planId, pieceNumber, attempt }: PieceTask): string | undefined {
    const key = `${planId}/${pieceNumber}/${attempt}`;
    const last = this.#lastSent.get(key);
    this.#lastSent.set(key, at);
    // Its worker handed it back.
    if (before !== undefined && holderOf(before, pieceNumber) !== holderOf(record, pieceNumber)) return undefined;
    return last !== undefined && at - last < this.#world.quietMs / 2
      ? `again after ${at - last} ms (rule 7)`
      : undefined;
  }

  doubts(process: SimProcess, target: string): void {
    this.#doubts.set(process, target);
  }

  asks(process: SimProcess, target: string): void {
    if (this.#doubts.get(process) === target) this.#doubts.delete(process);
  }

  mayPut(process: SimProcess, token: string): void {
    if (process.isAlive && !this.#finalizing.has(token))
      this.#world.broke(`put ${token} before the record said finalizing (rule 10)`);
  }

  mayComplete(process: SimProcess, uploadId: string): void {
    if (!process.isAlive) return;
    if (!this.#finalizing.has(uploadId))
      this.#world.broke(`complete ${uploadId} before the record said finalizing (rule 10)`);
    const isStaged = this.#world.store.uploads.get(uploadId)?.target.includes('.piecework-') === true;
    if (isStaged && !this.#stagedNamed.has(uploadId))
      this.#world.broke(`complete ${uploadId} before the record named the staged object`);
  }

  /** The upload of a multipart copy. */
  mayFill(process: SimProcess, uploadId: string): void {
    if (process.isAlive && !this.#finalizing.has(uploadId))
      this.#world.broke(`copies into ${uploadId} before the record named it (protocol §5)`);
  }

  mayAbort(process: SimProcess, uploadId: string): void {
    if (!process.isAlive || this.#toAbort.has(uploadId) || !this.#everUsed.has(uploadId)) return;
    this.#world.broke(`abort ${uploadId}, which no record named for it (rule 14)`);
  }

  /** An abort arrives: the upload must not be in use any more. */
  aborts(uploadId: string): void {
    const { records, store } = this.#world;
    for (const { id, status, upload, ending } of records.transfers()) {
      // (A completion that won against an ending: there is no upload any more that the abort could hurt.)
      if (upload?.id === uploadId && ending === undefined && status !== 'completed')
        this.#world.broke(`abort of ${uploadId}, which ${id} (${status}) still uses (rule 14)`);
    }
    const state = store.uploads.get(uploadId)?.state;
    if (state === 'zombie') this.#world.reach('part after the abort cleaned up');
    if (state === 'open' && !this.#everUsed.has(uploadId)) this.#world.reach('orphan or unrecorded upload aborted');
  }
}

function nameOf({ pieceNumber, attempt, planId = '' }: Partial<PieceTask>): string {
  return `piece ${pieceNumber}.${attempt}${planOf({ planId })}`;
}

function planOf({ planId = '' }: { readonly planId?: string }): string {
  return ` of ${planId.slice(-4)}`;
}
