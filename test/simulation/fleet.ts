import type { FetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import { fetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { simPorts } from './sim-ports.ts';
import { SimProcess } from './sim-process.ts';
import type { Received, SimQueue } from './sim-queue.ts';
import type { World } from './world.ts';

/** What a handler works with: of one process, and warm as long as that lives. */
interface Bench {
  readonly process: SimProcess;
  readonly ports: Ports;
  readonly memory: FetcherMemory;
}

export interface FleetOptions<M> {
  readonly queue: SimQueue<M>;
  readonly workers: number;
  /** Batches that one process handles at the same time. */
  readonly slots: number;
  readonly batchSize: number;
  /** A run that takes longer is killed, with its process. */
  readonly timeoutMs: number;
  readonly frozen: readonly { readonly fromMs: number; readonly untilMs: number }[];
  /** Returns the messages that failed. */
  handle(bench: Bench, batch: readonly M[]): Promise<readonly M[]>;
}

/** The processes behind one queue. A dead one is replaced by a fresh one, as functions are. */
export class Fleet<M> {
  readonly #world: World;
  readonly #options: FleetOptions<M>;
  readonly #workers: Worker[] = [];
  #count = 0;

  constructor(world: World, options: FleetOptions<M>) {
    this.#world = world;
    this.#options = options;
    for (let index = 0; index < options.workers; index += 1) this.#hire();
    options.queue.onVisible = () => this.#pump();
    for (const { untilMs } of options.frozen) world.after(untilMs, () => this.#pump());
  }

  #hire(): void {
    const world = this.#world;
    this.#count += 1;
    const process = new SimProcess(world, `${this.#options.queue.name}-${this.#count}`, () => this.#replace(worker));
    const ports = simPorts(world, process);
    const worker: Worker = { process, ports, memory: fetcherMemory(ports), busy: 0 };
    this.#workers.push(worker);
  }

  #replace(worker: Worker): void {
    this.#workers.splice(this.#workers.indexOf(worker), 1);
    this.#world.after(this.#world.chance.below(5_000), () => {
      this.#hire();
      this.#pump();
    });
  }

  #pump(): void {
    const world = this.#world;
    const { queue, slots, batchSize, frozen } = this.#options;
    if (frozen.some(({ fromMs, untilMs }) => world.elapsedMs >= fromMs && world.elapsedMs < untilMs)) return;
    for (;;) {
      const free = this.#workers.filter(({ busy, process }) => busy < slots && !process.signal.aborted);
      if (free.length === 0) return;
      const batch = queue.receive(world.chance.between(1, batchSize));
      if (batch.length === 0) return;
      this.#run(world.chance.pick(free), batch);
    }
  }

  #run(worker: Worker, batch: readonly Received<M>[]): void {
    const world = this.#world;
    const { queue, timeoutMs } = this.#options;
    const { process } = worker;
    let isOver = false;
    worker.busy += 1;
    world.resumed = true;
    world.after(timeoutMs, () => {
      if (!isOver) process.kill('it takes too long');
    });
    const finish = (failed: readonly M[], error?: unknown) => {
      isOver = true;
      worker.busy -= 1;
      if (error !== undefined) world.rules.handlerFailed(process, error);
      for (const { id, body } of batch) {
        if (failed.includes(body)) queue.giveBack(id);
        else queue.delete(id);
      }
      if (process.signal.aborted && worker.busy === 0) process.kill('it stopped as it was asked to');
      world.after(world.latencyMs(), () => this.#pump());
    };
    this.#options
      .handle(
        worker,
        batch.map(({ body }) => body),
      )
      .then(finish, (error: unknown) =>
        finish(
          batch.map(({ body }) => body),
          error,
        ),
      );
  }
}

interface Worker extends Bench {
  busy: number;
}
