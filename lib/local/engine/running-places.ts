/** Where one that wants a place stands among the others; read anew whenever a place is given. */
export interface Standing {
  /** False = it waits, whatever is free. */
  readonly mayRun: boolean;
  /** Higher first. */
  readonly priority: number;
  /** Of the same priority: lower first. Of the same here, who asked first. */
  readonly rank: number;
}

/** Places for what may run side by side, given by standing, and else in the order of asking. */
export interface RunningPlaces {
  /** @param standing @default as all that have none */
  take(signal: AbortSignal, standing?: () => Standing): Promise<Disposable>;
  /** What has a place keeps it, also where fewer are allowed now. */
  allow(most: number): void;
  /** Standings have changed. */
  look(): void;
  /** Several have one, or wait for one. */
  readonly isShared: boolean;
}

interface Waiter {
  standing(): Standing;
  go(): void;
}

/** @param now of one without a standing the rank is when it asked. @default the same for all */
export function runningPlaces(atFirst: number, now: () => number = () => 0): RunningPlaces {
  let most = atFirst;
  let taken = 0;
  /** In the order of asking. */
  const waiting = new Set<Waiter>();

  function next(): Waiter | undefined {
    let first: { readonly waiter: Waiter; readonly standing: Standing } | undefined;
    for (const waiter of waiting) {
      const standing = waiter.standing();
      if (standing.mayRun && (first === undefined || isBefore(standing, first.standing))) first = { waiter, standing };
    }
    return first?.waiter;
  }

  function serve(): void {
    while (taken < most) {
      const waiter = next();
      if (waiter === undefined) return;
      waiting.delete(waiter);
      taken += 1;
      waiter.go();
    }
  }

  function place(): Disposable {
    let isHeld = true;
    return {
      [Symbol.dispose]() {
        if (!isHeld) return;
        isHeld = false;
        taken -= 1;
        serve();
      },
    };
  }

  return {
    get isShared() {
      return taken + waiting.size > 1;
    },
    allow(count) {
      most = count;
      serve();
    },
    look: serve,
    async take(signal, standing) {
      signal.throwIfAborted();
      const own: Standing = { mayRun: true, priority: 0, rank: now() };
      return await new Promise<Disposable>((resolve, reject) => {
        const waiter: Waiter = {
          standing: standing ?? (() => own),
          go() {
            signal.removeEventListener('abort', stop);
            resolve(place());
          },
        };
        function stop() {
          waiting.delete(waiter);
          reject(signal.reason);
        }
        waiting.add(waiter);
        signal.addEventListener('abort', stop, { once: true });
        serve();
      });
    },
  };
}

/** Of two that may run. */
export function isBefore(a: Standing, b: Standing): boolean {
  return a.priority === b.priority ? a.rank < b.rank : a.priority > b.priority;
}
