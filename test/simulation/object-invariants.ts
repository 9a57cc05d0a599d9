import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { isOver } from '../../lib/transfer/record/record.ts';
import { sameVersion } from '../../lib/values/web/validator.ts';
import { identityOf } from '../support/places.ts';
import type { Order } from './scenario.ts';
import type { OriginVersion } from './sim-source.ts';
import { sha256 } from './sim-source.ts';
import type { SimObject, SimUpload } from './sim-store.ts';
import type { Truth } from './truth.ts';

/** What is visible at the destinations, at every step and at the end. */
export class ObjectRules {
  readonly #world: Truth;
  readonly #orders = new Map<string, Order>();
  readonly #seen = new Map<string, SimObject>();
  /** Transfers that ended once without knowing whether their object is there. */
  readonly #unknown = new Set<string>();

  constructor(world: Truth) {
    this.#world = world;
  }

  orderPlaced(order: Order): void {
    this.#orders.set(identityOf(order.target), order);
    const [version, other] = order.origin.versions;
    const { store } = this.#world;
    if (version === undefined || other === undefined || order.before === 'nothing') return;
    const { bytes, validator } =
      order.before === 'same' ? version : { bytes: Uint8Array.of(1, 2, 3), validator: other.validator };
    store.put(order.target, bytes, 'foreign', validator, 'none');
  }

  orderFor(record: TransferRecord): Order | undefined {
    return this.#orders.get(identityOf(record.request.destination));
  }

  /** All or nothing (invariant 1), and the status does not lie. */
  check(): void {
    const { store, records } = this.#world;
    const transfers = records.transfers();
    for (const [key, order] of this.#orders) {
      const object = store.objects.get(key);
      if (object !== undefined && object !== this.#seen.get(key)) {
        this.#seen.set(key, object);
        this.#checkBytes(key, order, object, transfers);
      }
      for (const record of transfers)
        if (identityOf(record.request.destination) === key) this.#checkEnd(record, object, transfers);
    }
  }

  #checkBytes(key: string, { origin, options }: Order, object: SimObject, transfers: readonly TransferRecord[]): void {
    if (object.token === 'foreign') return;
    const owner = transfers.find(({ id }) => object.token?.startsWith(`${id}.`));
    if (owner === undefined) this.#world.broke(`${key} holds an object of nobody`);
    const wanted = options.expect.digests.sha256;
    if (wanted !== undefined && sha256(object.bytes) !== wanted)
      this.#world.broke(`${key} is visible, and its bytes have not the digest that was asked for (invariant 1)`);
    const isOneVersion = origin.versions.some(({ bytes }) => Buffer.compare(bytes, object.bytes) === 0);
    const isProvable =
      origin.versions[0]?.validator.kind !== 'none' ||
      wanted !== undefined ||
      (origin.publishesDigest && this.#world.scenario.destination.proof !== 'none');
    if (!isOneVersion && isProvable) this.#world.broke(`${key} is visible with bytes of no version (invariant 1)`);
  }

  #checkEnd(record: TransferRecord, object: SimObject | undefined, transfers: readonly TransferRecord[]): void {
    const isOurs = object?.token?.startsWith(`${record.id}.`) === true;
    if (record.status === 'failed' && record.reason?.code === 'OutcomeUnknown') this.#endsUnknown(record.id);
    if ((record.status === 'failed' || record.status === 'cancelled') && isOurs && !this.#unknown.has(record.id)) {
      this.#world.broke(`${record.id} is ${record.status}, and its object is there`);
    }
    if (record.status !== 'completed') return;
    const isAnothers = transfers.some(({ id }) => id !== record.id && object?.token?.startsWith(`${id}.`));
    if (object === undefined) this.#world.broke(`${record.id} is completed, and nothing is there`);
    else if (!isOurs && !isAnothers && record.result?.unchanged !== true)
      this.#world.broke(`${record.id} is completed, and what is there is not its object`);
    else if (isOurs && record.result?.sizeBytes !== object.bytes.length)
      this.#world.broke(`${record.id} says ${record.result?.sizeBytes} bytes of ${object.bytes.length}`);
    this.#checkVersion(record, object);
  }

  /** Only where the store refuses the look. */
  #endsUnknown(id: string): void {
    this.#unknown.add(id);
    if (this.#world.scenario.denial?.actions.includes('head') !== true)
      this.#world.broke(`${id} ends without knowing, and the store could be asked`);
  }

  #checkVersion(record: TransferRecord, object: SimObject | undefined): void {
    const order = this.orderFor(record);
    if (order === undefined || object?.token?.startsWith(`${record.id}.`) !== true) return;
    const isOneVersion = order.origin.versions.some(({ bytes }) => Buffer.compare(bytes, object.bytes) === 0);
    const wanted = order.options.expect.digests.sha256;
    if (record.result?.version !== 'unverified' && !isOneVersion)
      this.#world.broke(`${record.id} claims ${record.result?.version} for a mixture`);
    if (wanted !== undefined && record.result?.digests.sha256 !== wanted)
      this.#world.broke(`${record.id} is completed without the digest that was asked for`);
  }

  /** A piece that a store copied is of the version that was planned, where the store holds it to that. */
  copied(uploadId: string, { validator }: OriginVersion, isPinned: boolean): void {
    const owner = this.#world.records.transfers().find(({ upload }) => upload?.id === uploadId);
    if (owner === undefined) return;
    this.#world.reach('piece copied by the store');
    if (isPinned && owner.snapshot !== undefined && !sameVersion(owner.snapshot.validator, validator))
      this.#world.broke(`a piece of ${owner.id} was copied from another version than its snapshot's (invariant 1)`);
  }

  /** What is in an upload is of the version that its record names: pieces of two never meet (invariant 1). */
  mixture(record: TransferRecord, ledger: SimUpload | undefined): string | undefined {
    const { plan, snapshot, status } = record;
    if (status !== 'transferring' && status !== 'finalizing') return undefined;
    if (plan?.mode !== 'pieces' || snapshot === undefined || ledger === undefined) return undefined;
    const { validator } = snapshot;
    const version = this.orderFor(record)?.origin.versions.find((of) => sameVersion(of.validator, validator));
    if (validator.kind === 'none' || version === undefined || plan.serverSideCopy === true) return undefined;
    for (const [number, { bytes }] of ledger.parts) {
      const start = (number - 1) * plan.pieceSizeBytes;
      const planned = version.bytes.subarray(start, start + plan.pieceSizeBytes);
      // What was cut off on its way is no part of it (`isDone`).
      if (bytes.length === planned.length && Buffer.compare(bytes, planned) !== 0)
        return `part ${number} of ${ledger.id} is not of the version that was planned (invariant 1)`;
    }
    return undefined;
  }

  checkEnd(): void {
    const left = this.describeLeftovers();
    if (left !== '') this.#world.broke(`left behind: ${left}`);
    for (const [key, { mustComplete }] of this.#orders) {
      const transfers = this.#world.records
        .transfers()
        .filter((record) => identityOf(record.request.destination) === key);
      const isComplete = transfers.some(({ status }) => status === 'completed');
      if (mustComplete && !isComplete)
        this.#world.broke(
          `nothing kept ${key} from completing: ${transfers.map(({ status, reason }) => `${status} ${reason?.code ?? ''} ${reason?.message ?? ''}`).join(', ')}`,
        );
    }
  }

  describeLeftovers(): string {
    const { records, store, sealed } = this.#world;
    const open = records.transfers().filter((record) => !isOver(record));
    return [
      ...open.map(({ id, status }) => `${id} ${status}`),
      ...store.standing().map(({ id, state, target }) => `upload ${id} (${state}) of ${target}`),
      ...[...store.objects]
        .filter(([key, { token }]) => key.includes('.piecework-') && token !== undefined)
        .map(([key]) => `staged ${key}`),
      ...records.paths('active/').map((path) => `marker ${path}`),
      ...[...sealed.keys()].map((name) => `sealed source ${name}`),
      ...(this.#world.queuesLength() > 0 ? [`${this.#world.queuesLength()} messages`] : []),
    ].join('; ');
  }
}
