import type { Letter, Letters } from '../../../queues/sqs/letters.ts';
import type { Route, TaskQueue } from './route.ts';
import { routeOf, TASK_QUEUES } from './route.ts';

/** Where letters lie, and how they are sent back. */
export interface ReplayPorts {
  /** By what people call them. */
  readonly from: Readonly<Record<string, Letters>>;
  /** Those that the deployment has. */
  readonly queues: readonly TaskQueue[];
  /** Rejects unless SQS took all of them. */
  send(to: TaskQueue, letters: readonly Letter[]): Promise<void>;
}

export interface ReplayOptions {
  /** Says what it would do, and gives every letter back as it was. */
  readonly dryRun: boolean;
  /** Gets what becomes of each letter. @default none */
  readonly onLetter?: (letter: ReplayedLetter) => void;
}

/** What became of a letter: it was sent to `to`, or stays. */
export interface ReplayedLetter {
  /** Where it lay. */
  readonly from: string;
  readonly messageId: string;
  readonly route: Route;
}

/** How many were sent back, and how many stay. */
export interface Replayed {
  readonly sent: number;
  readonly kept: number;
}

/** A queue counts as empty when nothing new is found so often in a row: SQS may answer for some of its servers only. */
const EMPTY_ANSWERS = 2;

/**
 * Sends every letter that is understood back to the queue that it belongs to, and leaves the others where they are.
 * A letter is deleted only after it was sent: a crash between the two sends it twice, which harms nothing
 * (invariant 2), and loses none. One that comes back while this runs is left alone, so that a function that does not
 * understand what we do makes no circle of it.
 * @throws PieceworkError `HomeUnavailable`, `HomeRefused`; what was not sent is where it was.
 */
export async function replay(
  { from, queues, send }: ReplayPorts,
  { dryRun, onLetter = () => {} }: ReplayOptions,
  signal: AbortSignal,
): Promise<Replayed> {
  const sentBodies = new Set<string>();
  const total = { sent: 0, kept: 0 };
  for (const [name, letters] of Object.entries(from)) {
    const kept = new Map<string, Letter>();
    try {
      for await (const fresh of newLetters(letters, kept, signal)) {
        const routed = fresh.map((letter) => ({ letter, route: routeFor(letter, queues, sentBodies) }));
        if (!dryRun) await sendAll(routed, letters);
        for (const { letter, route } of routed) {
          total['to' in route ? 'sent' : 'kept'] += 1;
          if ('to' in route && !dryRun) {
            sentBodies.add(letter.body);
            kept.delete(letter.id);
          }
          onLetter({ from: name, messageId: letter.id, route });
        }
      }
    } finally {
      // What can not be given back is seen again when its time is over.
      await letters.giveBack([...kept.values()]).catch(() => undefined);
    }
  }
  return total;

  async function sendAll(routed: readonly Routed[], letters: Letters): Promise<void> {
    for (const [to, some] of byQueue(routed)) {
      await send(to, some);
      await letters.drop(some);
    }
  }
}

interface Routed {
  readonly letter: Letter;
  readonly route: Route;
}

/** Those that are understood. */
function byQueue(routed: readonly Routed[]): readonly (readonly [TaskQueue, readonly Letter[]])[] {
  return TASK_QUEUES.flatMap((to) => {
    const some = routed.flatMap(({ letter, route }) => ('to' in route && route.to === to ? [letter] : []));
    return some.length === 0 ? [] : [[to, some] as const];
  });
}

/** Page by page; each is in `kept` until it is sent. One that was given again has another receipt, which counts. */
async function* newLetters(
  letters: Letters,
  kept: Map<string, Letter>,
  signal: AbortSignal,
): AsyncGenerator<readonly Letter[]> {
  for (let empty = 0; empty < EMPTY_ANSWERS; ) {
    signal.throwIfAborted();
    const some = await letters.take();
    const fresh = some.filter(({ id }) => !kept.has(id));
    for (const letter of some) kept.set(letter.id, letter);
    empty = fresh.length === 0 ? empty + 1 : 0;
    if (fresh.length > 0) yield fresh;
  }
}

function routeFor({ body }: Letter, queues: readonly TaskQueue[], sentBodies: ReadonlySet<string>): Route {
  if (sentBodies.has(body)) return { because: 'the same message was sent back a moment ago; look again later' };
  const route = routeOf(body);
  if ('because' in route || queues.includes(route.to)) return route;
  return { because: `this deployment has no queue of ${route.to}` };
}
