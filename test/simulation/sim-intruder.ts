import type { Chance } from './chance.ts';
import type { Nature } from './nature.ts';
import type { Scenario } from './scenario.ts';
import type { ObjectStore } from './sim-store.ts';

interface Intruded extends Nature {
  readonly scenario: Scenario;
  readonly store: ObjectStore;
}

/** Writes to the staging keys as often as the scenario says, by a chance of its own. */
export class SimIntruder {
  readonly #world: Intruded;
  readonly #chance: Chance;

  constructor(world: Intruded, chance: Chance) {
    this.#world = world;
    this.#chance = chance;
  }

  /** A request to this key is about to arrive, or its answer to be read on. The intruder comes first, if at all. */
  strikes(key: string): void {
    const { scenario, store } = this.#world;
    const staged = store.objects.get(key);
    if (scenario.intruder === undefined || staged === undefined || !this.#chance.hit(scenario.intruder.rate)) return;
    const how = this.#chance.pick(['other', 'other', 'other', 'metadata kept', 'deleted'] as const);
    this.#world.trace('intruder', `${how}: ${key}`);
    this.#world.reach('staged object written over');
    // As long as it was: by its size it is not known.
    const bytes = staged.bytes.map((byte) => byte ^ 0xff);
    if (how === 'deleted') store.remove(key);
    else store.intrude(key, bytes, how === 'other' ? undefined : staged.token);
  }
}
