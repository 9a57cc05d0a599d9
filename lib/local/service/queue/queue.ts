import { stated } from '../../../values/stated.ts';
import type { Standing } from '../../engine/running-places.ts';
import { isBefore } from '../../engine/running-places.ts';
import type { LimitValues } from '../../home/limits.ts';
import type { Preference, QueueFile, QueueState } from './queue-file.ts';

/** What a person said of the transfers and batches of a server: durable, and as simple as a map. */
export interface Queue {
  /** All are paused. */
  readonly isPaused: boolean;
  /** Those that were paused one by one. */
  readonly paused: readonly string[];
  of(id: string): Preference;
  /** What may run now, and in which order. */
  standing(id: string): Standing;
  /** Resolves when it is stored. `undefined` takes back what was said. */
  prefer(id: string, preference: { readonly [Key in keyof Preference]: Preference[Key] | undefined }): Promise<void>;
  /** Before or behind these. */
  move(id: string, position: 'first' | 'last', among: readonly string[]): Promise<void>;
  pauseAll(isPaused: boolean): Promise<void>;
  /** Those that were changed, and hold for a server that was started like this. */
  limitsFor(started: LimitValues): LimitValues;
  limit(values: LimitValues): Promise<void>;
  /** It has ended. Stored with the next change, and at the next start. */
  forget(id: string): void;
  /** Those that are not among these have ended. */
  keepOnly(ids: ReadonlySet<string>): void;
  /** In the order in which they would run. */
  sorted(ids: readonly string[]): readonly string[];
}

export function queueOf({ state, file }: { readonly state: QueueState; readonly file: QueueFile }): Queue {
  let { paused, limits } = state;
  const preferences = new Map<string, Preference>(Object.entries(state.preferences));
  const store = () => file.write({ paused, preferences: Object.fromEntries(preferences), limits });
  const rankOf = (id: string) => preferences.get(id)?.rank ?? timeOf(id);

  function standing(id: string): Standing {
    const { paused: isOne = false, priority = 0 } = preferences.get(id) ?? {};
    return { mayRun: !paused && !isOne, priority, rank: rankOf(id) };
  }

  function set(id: string, preference: Parameters<Queue['prefer']>[1]): void {
    const next: Preference = stated({ ...preferences.get(id), ...preference });
    const { priority, ...rest } = next;
    const kept: Preference = priority === 0 ? rest : next;
    if (Object.keys(kept).length === 0) preferences.delete(id);
    else preferences.set(id, kept);
  }

  return {
    get isPaused() {
      return paused;
    },
    get paused() {
      return [...preferences].flatMap(([id, { paused: isOne }]) => (isOne === true ? [id] : []));
    },
    of: (id) => preferences.get(id) ?? {},
    standing,
    async prefer(id, preference) {
      set(id, preference);
      await store();
    },
    async move(id, position, among) {
      const ranks = among.filter((other) => other !== id).map(rankOf);
      const rank =
        position === 'first'
          ? ranks.reduce((lowest, one) => Math.min(lowest, one), timeOf(id)) - 1
          : ranks.reduce((highest, one) => Math.max(highest, one), timeOf(id)) + 1;
      set(id, { rank });
      await store();
    },
    async pauseAll(isPaused) {
      paused = isPaused;
      await store();
    },
    limitsFor(started) {
      const { values, over } = limits;
      const kept = Object.entries(values).filter(([key]) => {
        const name = key as keyof LimitValues;
        return over[name] === started[name];
      });
      limits = { values: Object.fromEntries(kept), over: started };
      return limits.values;
    },
    async limit(values) {
      limits = { ...limits, values: { ...limits.values, ...values } };
      await store();
    },
    forget: (id) => void preferences.delete(id),
    keepOnly(ids) {
      for (const id of preferences.keys()) if (!ids.has(id)) preferences.delete(id);
    },
    sorted(ids) {
      const all = ids.map((id) => ({ id, at: standing(id) }));
      return all.sort((a, b) => (isBefore(a.at, b.at) ? -1 : isBefore(b.at, a.at) ? 1 : 0)).map(({ id }) => id);
    },
  };
}

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The moment of a ULID, in milliseconds: who was submitted first runs first. https://github.com/ulid/spec */
function timeOf(id: string): number {
  let time = 0;
  for (const letter of id.slice(0, 10)) time = time * 32 + Math.max(0, LETTERS.indexOf(letter));
  return time;
}
