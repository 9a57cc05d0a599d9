import type { StoreAction } from './denials.ts';
import type { Weather } from './faults.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

type Ask = <T>(action: StoreAction, what: string, weather: Weather, effect: () => T, signal: AbortSignal) => Promise<T>;

/** A call to the store, which may refuse it. */
export function deniable(process: SimProcess, world: World): Ask {
  return (action, what, weather, effect, signal) => {
    const answer = () => {
      const denial = world.denialOf(action);
      if (denial !== undefined) throw denial;
      return effect();
    };
    return process.call(what, weather, answer, signal);
  };
}
