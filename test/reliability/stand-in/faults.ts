import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../../../lib/aws/names.ts';
import { STAGES } from '../../../lib/aws/names.ts';
import type { Relay } from '../relay.ts';
import type { Mood } from './transfers.ts';
import { killWorker, workersOf } from './workers.ts';

/**
 * Whose workers are killed: one by one until one was hit that was at work, all of them at the same moment, or
 * all of them for so many seconds.
 */
const KILLS = {
  'a fetcher killed': { stages: ['fetcher'], mode: 'one' },
  'all fetchers killed': { stages: ['fetcher'], mode: 'all' },
  'a planner killed': { stages: ['planner'], mode: 'one' },
  'a finalizer killed': { stages: ['finalizer'], mode: 'one' },
  'an API killed': { stages: ['api'], mode: 'one' },
  'every function killed': { stages: STAGES, mode: 'all' },
  // Longer than four deliveries of a piece's message, so that it becomes a dead letter.
  'fetchers killed again and again': { stages: ['fetcher'], mode: 140 },
} as const satisfies Record<string, { readonly stages: readonly Stage[]; readonly mode: 'one' | 'all' | number }>;
type Kill = keyof typeof KILLS;

export const FAULTS = [
  'a fetcher killed',
  'all fetchers killed',
  'a planner killed',
  'a finalizer killed',
  'an API killed',
  'every function killed',
  'stand-in cut off',
  'source cut off',
  'source answers 503',
  // Last, and only in its turn.
  'fetchers killed again and again',
] as const satisfies readonly (Kill | 'stand-in cut off' | 'source cut off' | 'source answers 503')[];
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /**
   * The moment: so long after the submit, or, once it has moved that far, the share of its
   * bytes that the source has sent.
   */
  readonly after: { readonly ms: number } | { readonly share: number };
  /** Of an outage. */
  readonly seconds: number;
}

/** One in turn, so that ten rounds have all of them, and one to four more; each outage at most once. */
export function drawFaults(random: () => number, round: number): readonly Fault[] {
  const kinds: FaultKind[] = [FAULTS[(round - 1) % FAULTS.length] ?? FAULTS[0]];
  for (let more = 1 + Math.floor(random() * 4); more > 0; more -= 1) {
    const kind = FAULTS[Math.floor(random() * (FAULTS.length - 1))] ?? FAULTS[0];
    if (kind in KILLS || !kinds.includes(kind)) kinds.push(kind);
  }
  return kinds.map((kind) => ({
    kind,
    after: momentOf(kind, random),
    seconds: kind === 'stand-in cut off' ? 20 : 2 + Math.floor(random() * 7),
  }));
}

/** The API is at work at the submit only, a planner mostly soon after. */
function momentOf(kind: FaultKind, random: () => number): Fault['after'] {
  if (kind === 'an API killed') return { ms: Math.floor(random() * 800) };
  if (kind === 'a planner killed' && random() < 0.6) return { ms: Math.floor(random() * 2_000) };
  return { share: random() * 0.9 };
}

/** What faults act on. */
export interface Scene {
  readonly standInPid: number;
  /** Between functions and the stand-in. */
  readonly toStandIn: Relay;
  readonly toSource: Relay;
  readonly mood: Mood;
  /** Outages of rounds that are played at the same time come one after the other. */
  lastOutage: Promise<void>;
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
  const { toStandIn, toSource, mood } = scene;
  switch (kind) {
    case 'stand-in cut off':
      await outage(scene, seconds, toStandIn.cut, toStandIn.mend);
      break;
    case 'source cut off':
      await outage(scene, seconds, toSource.cut, toSource.mend);
      break;
    case 'source answers 503': {
      const become = (isBusy: boolean) => async () => {
        mood.isBusy = isBusy;
      };
      await outage(scene, seconds, become(true), become(false));
      break;
    }
    default:
      return await kill(kind, scene, over);
  }
  return { kind, atWork: 0, kept: 0 };
}

async function outage(
  scene: Scene,
  seconds: number,
  begin: () => Promise<void>,
  end: () => Promise<void>,
): Promise<void> {
  const before = scene.lastOutage;
  const play = async () => {
    await before;
    await begin();
    await sleep(seconds * 1000);
    await end();
  };
  scene.lastOutage = play();
  await scene.lastOutage;
}

async function kill(kind: Kill, { standInPid }: Scene, over: AbortSignal): Promise<Played> {
  const { stages, mode } = KILLS[kind];
  const until = Date.now() + (typeof mode === 'number' ? mode * 1000 : 0);
  let atWork = 0;
  let kept = 0;
  for (;;) {
    const workers = await workersOf(standInPid, stages);
    const doomed = mode === 'one' ? workers.slice(0, 1) : workers;
    for (const wasAtWork of await Promise.all(doomed.map((worker) => killWorker(worker, standInPid))))
      if (wasAtWork) atWork += 1;
      else kept += 1;
    const isThrough = mode === 'one' ? atWork > 0 : Date.now() >= until;
    if (isThrough || over.aborted) return { kind, atWork, kept };
    await sleep(mode === 'one' ? 50 : 500);
  }
}
