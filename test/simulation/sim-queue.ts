import { PieceworkError } from '../../lib/errors/error.ts';
import type { Outgoing, Queue } from '../../lib/queues/queue.ts';
import { SEND } from './faults.ts';
import type { Nature } from './nature.ts';
import type { SimProcess } from './sim-process.ts';

interface Message<M> {
  readonly id: number;
  readonly body: M;
  visibleAt: number;
  receiveCount: number;
}

export interface Received<M> {
  readonly id: number;
  readonly body: M;
}

export interface SimQueueOptions<M> {
  readonly name: string;
  readonly visibilityMs: number;
  /** After so many deliveries a message goes to the dead letters. */
  readonly maxReceives: number;
  readonly onDead: (body: M) => void;
}

/** As SQS standard queues: at least once, in any order, and now and then not at all. */
export class SimQueue<M> {
  readonly name: string;
  readonly #world: Nature;
  readonly #options: SimQueueOptions<M>;
  readonly #messages = new Map<number, Message<M>>();
  #count = 0;
  onVisible: () => void = () => {};

  constructor(world: Nature, options: SimQueueOptions<M>) {
    this.#world = world;
    this.#options = options;
    this.name = options.name;
  }

  get length(): number {
    return this.#messages.size;
  }

  put(body: M, delayMs: number): void {
    const world = this.#world;
    if (world.strikes('messageLost')) {
      world.trace(this.name, `loses ${describe(body)}`);
      return;
    }
    this.#add(body, delayMs);
    if (world.strikes('messageTwice')) this.#add(body, delayMs + world.chance.below(60_000));
  }

  #add(body: M, delayMs: number): void {
    const world = this.#world;
    const late = world.strikes('messageLate') ? world.chance.below(world.times.messageLateMs) : 0;
    const id = this.#count;
    this.#count += 1;
    const waitMs = Math.min(delayMs, LONGEST_DELAY_MS) + late + world.latencyMs();
    this.#messages.set(id, { id, body: structuredClone(body), visibleAt: world.now + waitMs, receiveCount: 0 });
    world.after(waitMs, () => this.onVisible());
  }

  /** Some of what is visible, in any order. */
  receive(most: number): readonly Received<M>[] {
    const world = this.#world;
    const visible = [...this.#messages.values()].filter((message) => message.visibleAt <= world.now);
    const received: Received<M>[] = [];
    while (received.length < most && visible.length > 0) {
      const [message] = visible.splice(world.chance.below(visible.length), 1);
      if (message === undefined) break;
      if (message.receiveCount >= this.#options.maxReceives) {
        this.#messages.delete(message.id);
        world.trace(this.name, `gives up ${describe(message.body)}`);
        this.#options.onDead(message.body);
        continue;
      }
      message.receiveCount += 1;
      this.#hide(message, this.#options.visibilityMs);
      received.push({ id: message.id, body: message.body });
    }
    return received;
  }

  #hide(message: Message<M>, forMs: number): void {
    message.visibleAt = this.#world.now + forMs;
    this.#world.after(forMs, () => this.onVisible());
  }

  delete(id: number): void {
    if (!this.#world.strikes('deleteLost')) this.#messages.delete(id);
  }

  /** The handler failed: again after a while. */
  giveBack(id: number): void {
    const message = this.#messages.get(id);
    if (message !== undefined) this.#hide(message, this.#world.chance.between(1_000, this.#options.visibilityMs));
  }
}

/** SQS: 15 minutes. What should wait longer comes early, and has to be sent again. */
const LONGEST_DELAY_MS = 900_000;

export function simSender<M>(
  process: SimProcess,
  queue: SimQueue<M>,
  onSend: (bodies: readonly M[]) => void,
): Queue<M> {
  return {
    async send(messages: readonly Outgoing<M>[]) {
      const copies = structuredClone(messages);
      onSend(copies.map(({ body }) => body));
      const { world } = process;
      // Batches of a few: a process may die, or hear an error, between two of them.
      for (let from = 0; from < copies.length; from += BATCH) {
        const batch = copies.slice(from, from + BATCH);
        await process.call(`send ${batch.map(({ body }) => describe(body)).join(', ')} to ${queue.name}`, SEND, () => {
          const isPartial = world.strikes('sendPartial');
          const sent = isPartial ? batch.slice(0, world.chance.below(batch.length + 1)) : batch;
          for (const { body, delayMs = 0 } of sent) queue.put(body, delayMs);
          if (isPartial) throw new PieceworkError('DestinationUnreachable', 'the queue took some of the messages only');
        });
      }
    },
  };
}

const BATCH = 3;

function describe(body: unknown): string {
  const { kind, transferId, planId, pieceNumber, attempt, outcome, error } = body as Record<string, unknown>;
  const plan = typeof planId === 'string' ? ` ${planId.slice(-4)}` : '';
  const piece = pieceNumber === undefined ? '' : ` #${String(pieceNumber)}.${String(attempt)}`;
  const code = error === undefined ? '' : ` ${String((error as { code?: string }).code)}`;
  const id = typeof transferId === 'string' ? ` ${transferId.slice(-4)}` : '';
  return `${String(kind)}${id}${plan}${piece}${outcome === undefined ? '' : ` ${String(outcome)}`}${code}`;
}
