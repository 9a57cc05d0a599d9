import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../../../lib/aws/names.ts';
import { STAGES } from '../../../lib/aws/names.ts';
import type { Relay } from '../relay.ts';
import type { Mood } from './transfers.ts';
import { killWorker, workersOf } from './workers.ts';

/** Whose workers are killed; `one`: until one was hit that was at work, else every one at the same moment. */
const KILLS = {
  'a fetcher': { stages: ['fetcher'], one: true },
  'all fetchers': { stages: ['fetcher'], one: false },
  'a planner': { stages: ['planner'], one: true },
  'a finalizer': { stages: ['finalizer'], one: true },
  'an API': { stages: ['api'], one: true },
  'every function': { stages: STAGES, one: false },
} as const satisfies Record<string, { readonly stages: readonly Stage[]; readonly one: boolean }>;
type Kill = keyof typeof KILLS;

export const FAULTS = [
  ...(Object.keys(KILLS) as Kill[]),
  'stand-in cut off',
  'source cut off',
  'source answers 503',
] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** The moment: so long after the submit, or, once it has moved that far, the share of its bytes that the source has sent. */
  readonly after: { readonly ms: number } | { readonly share: number };
  /** Of an outage. */
  readonly seconds: number;
}

/** The main one in turn, so that thirty rounds have all of them, and up to three more; each outage at most once. */
export function drawFaults(random: () => number, round: number): readonly Fault[] {
  const kinds: FaultKind[] = [FAULTS[(round - 1) % FAULTS.length] ?? 'a fetcher'];
  for (let more = Math.floor(random() * 4); more > 0; more -= 1) {
    const kind = FAULTS[Math.floor(random() * FAULTS.length)] ?? 'a fetcher';
    if (kind in KILLS || !kinds.includes(kind)) kinds.push(kind);
  }
  return kinds.map((kind) => ({
    kind,
    after: isEarly(kind, random) ? { ms: Math.floor(random() * 3_000) } : { share: random() * 0.9 },
    seconds: kind === 'stand-in cut off' ? 20 : 2 + Math.floor(random() * 7),
  }));
}

/** The API is at work at the submit only, a planner mostly soon after. */
function isEarly(kind: FaultKind, random: () => number): boolean {
  return kind === 'an API' || (kind === 'a planner' && random() < 0.6);
}

/** What faults act on. */
export interface Scene {
  readonly standInPid: number;
  /** Between functions and the stand-in. */
  readonly toStandIn: Relay;
  readonly toSource: Relay;
  readonly mood: Mood;
}

export interface Played {
  readonly kind: FaultKind;
  /** Killed in the middle of a call. */
  readonly atWork: number;
  /** Killed between two calls: nothing is lost but a start. */
  readonly kept: number;
}

/** @param over when there is nothing left to disturb. */
export async function playFault({ kind, seconds }: Fault, scene: Scene, over: AbortSignal): Promise<Played> {
  switch (kind) {
    case 'stand-in cut off':
      return await outage(
        kind,
        seconds,
        () => scene.toStandIn.cut(),
        () => scene.toStandIn.mend(),
      );
    case 'source cut off':
      return await outage(
        kind,
        seconds,
        () => scene.toSource.cut(),
        () => scene.toSource.mend(),
      );
    case 'source answers 503': {
      const { mood } = scene;
      const become = async (isBusy: boolean) => {
        mood.isBusy = isBusy;
      };
      return await outage(
        kind,
        seconds,
        () => become(true),
        () => become(false),
      );
    }
    default:
      return await kill(kind, scene, over);
  }
}

async function outage(
  kind: FaultKind,
  seconds: number,
  begin: () => Promise<void>,
  end: () => Promise<void>,
): Promise<Played> {
  await begin();
  await sleep(seconds * 1000);
  await end();
  return { kind, atWork: 0, kept: 0 };
}

async function kill(kind: Kill, { standInPid }: Scene, over: AbortSignal): Promise<Played> {
  const { stages, one } = KILLS[kind];
  let atWork = 0;
  let kept = 0;
  do {
    const workers = await workersOf(standInPid, stages);
    const doomed = one ? workers.slice(0, 1) : workers;
    for (const wasAtWork of await Promise.all(doomed.map((worker) => killWorker(worker, standInPid))))
      if (wasAtWork) atWork += 1;
      else kept += 1;
    if (atWork === 0) await sleep(50);
  } while (one && atWork === 0 && !over.aborted);
  return { kind, atWork, kept };
}
