import type { Weather } from './faults.ts';
import type { Nature } from './nature.ts';

/**
 * One process of the engine: a warm function with its caches and windows, or one request of the API. It can die
 * between any two of its steps; then nothing that it waits for is ever answered, so nothing after it happens.
 * What it had sent may still arrive.
 */
export class SimProcess {
  readonly world: Nature;
  readonly name: string;
  isAlive = true;
  readonly #controller = new AbortController();
  readonly #onDeath: () => void;

  constructor(world: Nature, name: string, onDeath: () => void) {
    this.world = world;
    this.name = name;
    this.#onDeath = onDeath;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  kill(where: string): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.world.trace(this.name, `† ${where}`);
    this.#onDeath();
  }

  /** As Ctrl-C or a shutdown: all that waits is cancelled, and the process goes on for a moment. */
  stop(): void {
    this.world.trace(this.name, 'is asked to stop');
    this.#controller.abort(new DOMException('the process is asked to stop', 'AbortError'));
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      this.world.after(ms, () => {
        if (!this.isAlive) return;
        this.world.resumed = true;
        resolve();
      });
    });
  }

  /**
   * One call to the outside, in two steps: the request arrives and has its effect, then the answer
   * comes back. Each may go wrong.
   * @param signal for calls that can be broken off.
   */
  call<T>(what: string, weather: Weather, effect: () => T, signal?: AbortSignal): Promise<T> {
    const { world } = this;
    if (!this.isAlive) return never();
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#mayDie(`before ${what}`)) return never();
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      const answer = (afterMs: number, settle: () => void) => {
        world.after(afterMs, () => {
          if (!this.isAlive || isAnswered || this.#mayDie(`after ${what}`)) return;
          isAnswered = true;
          world.resumed = true;
          settle();
        });
      };
      signal?.addEventListener('abort', () => {
        isAnswered = true;
        reject(signal.reason as Error);
      });
      const refused = weather.refused?.find(([kind]) => world.strikes(kind));
      if (refused !== undefined) {
        answer(world.latencyMs(), () => {
          world.trace(this.name, `${what}: refused, ${refused[0]}`);
          reject(refused[1]());
        });
        return;
      }
      const late = weather.late !== undefined && world.strikes(weather.late[0]) ? weather.late : undefined;
      if (late !== undefined) answer(world.times.requestTimeoutMs, () => reject(late[1]()));
      const arrive = () => {
        const outcome = attempt(effect);
        const note =
          'error' in outcome ? ` ✗ ${String((outcome.error as { code?: string }).code ?? outcome.error)}` : '';
        world.trace(
          this.name,
          `${what}${note}${late === undefined ? '' : ' (late)'}${this.isAlive ? '' : ' (its sender is dead)'}`,
        );
        world.check();
        if (late !== undefined) return;
        const lost = weather.lost?.find(([kind]) => world.strikes(kind));
        answer(world.latencyMs(), () => {
          if (lost !== undefined) reject(lost[1]());
          else if ('error' in outcome) reject(outcome.error as Error);
          else resolve(outcome.value);
        });
      };
      const delayMs = world.latencyMs() + (late === undefined ? 0 : world.chance.below(world.times.lateMs));
      world.after(delayMs, () => {
        if (this.isAlive || !world.strikes('orphanedRequest')) arrive();
        else if (world.chance.hit(0.7)) world.after(world.chance.below(world.times.lateMs), arrive);
      });
    });
  }

  #mayDie(where: string): boolean {
    const { world } = this;
    if (world.strikes('kill')) this.kill(where);
    else if (!this.signal.aborted && world.strikes('stop')) this.stop();
    return !this.isAlive;
  }
}

/** What a dead process waits for. */
function never<T>(): Promise<T> {
  return new Promise(() => {});
}

function attempt<T>(effect: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: effect() };
  } catch (error) {
    return { error };
  }
}
