import { fairTurns } from './fair-turns.ts';

/** Places for what may run side by side, given in the order of asking. */
export interface RunningPlaces {
  take(signal: AbortSignal): Promise<Disposable>;
  /** Several have one, or wait for one. */
  readonly isShared: boolean;
}

export function runningPlaces(most: number): RunningPlaces {
  let taken = 0;
  let waiting = 0;
  const turns = fairTurns<undefined>({
    judge: () => (taken < most ? 'free' : 'waits'),
    take() {
      taken += 1;
    },
    giveBack() {
      taken -= 1;
    },
  });
  return {
    get isShared() {
      return taken + waiting > 1;
    },
    async take(signal) {
      waiting += 1;
      try {
        return await turns.ask({}, undefined, signal);
      } finally {
        waiting -= 1;
      }
    },
  };
}
