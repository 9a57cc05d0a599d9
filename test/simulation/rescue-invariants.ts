import { AsyncLocalStorage } from 'node:async_hooks';
import { extraBytesAllowed, STRAGGLERS } from '../../lib/transfer/straggler.ts';
import type { ByteRange } from '../../lib/values/ranges.ts';
import type { SimProcess } from './sim-process.ts';
import type { SeenConnection } from './sim-source.ts';
import type { Truth } from './truth.ts';

/** One fetch of one piece, as the source sees it. */
interface Fetch {
  readonly name: string;
  readonly process: SimProcess;
  readonly work: Work;
  /** Of its piece. */
  start: number;
  connections: number;
  open: number;
  /** What the rescue under way may come to fetch twice. */
  reservedBytes: number;
  /** All before it was brought by some connection. */
  furthest: number | undefined;
  rescues: number;
  /** Where connections broke after they had brought something: what is asked for from there on goes on with them. */
  readonly broken: number[];
}

/** What one process fetched of one plan. */
interface Work {
  readonly pieceSizeBytes: number;
  /** Of pieces that came to their end. */
  fetchedBytes: number;
  extraBytes: number;
  reservedBytes: number;
}

function newFetch(name: string, process: SimProcess, work: Work): Fetch {
  return {
    name,
    process,
    work,
    connections: 0,
    open: 0,
    reservedBytes: 0,
    start: 0,
    furthest: undefined,
    rescues: 0,
    broken: [],
  };
}

const UNSEEN: SeenConnection = { brought: () => {}, closed: () => {} };

/** What a rescue may do (`lib/transfer/straggler.ts`), held against the requests that arrive at the source. */
export class RescueRules {
  readonly #world: Truth;
  readonly #fetches = new AsyncLocalStorage<(start: number) => Fetch>();
  readonly #works = new Map<SimProcess, Map<string, Work>>();

  constructor(world: Truth) {
    this.#world = world;
  }

  /** Everything that is asked for within belongs to the pieces of one task, each a fetch. */
  async during(
    process: SimProcess,
    { planId }: { readonly planId: string },
    fetch: () => Promise<void>,
  ): Promise<void> {
    const plan = this.#world.records.transfers().find((record) => record.planId === planId)?.plan;
    if (plan?.mode !== 'pieces') return await fetch();
    const { pieceSizeBytes } = plan;
    const works = this.#works.get(process) ?? new Map<string, Work>();
    const work = works.get(planId) ?? { pieceSizeBytes, fetchedBytes: 0, extraBytes: 0, reservedBytes: 0 };
    this.#works.set(process, works.set(planId, work));
    const fetches = new Map<number, Fetch>();
    const fetchOf = (start: number) => {
      const pieceNumber = Math.floor(start / pieceSizeBytes) + 1;
      const known = fetches.get(pieceNumber) ?? newFetch(`piece ${pieceNumber}`, process, work);
      fetches.set(pieceNumber, known);
      return known;
    };
    await this.#fetches.run(fetchOf, fetch);
    for (const { name, open } of fetches.values())
      if (open > 0) this.#world.broke(`${name} is over, and ${open} of its connections are open`);
  }

  opens({ start, end }: ByteRange): SeenConnection {
    const fetch = this.#fetches.getStore()?.(start);
    if (fetch === undefined) return UNSEEN;
    const { name } = fetch;
    fetch.connections += 1;
    fetch.open += 1;
    const number = fetch.connections;
    if (number === 1) fetch.start = start;
    const brokenAt = fetch.broken.indexOf(start);
    const goesOn = brokenAt >= 0;
    // Two may have broken at one place, and both go on.
    if (goesOn) fetch.broken.splice(brokenAt, 1);
    const isRescue = number > 1 && !goesOn;
    if (fetch.open > 2) this.#world.broke(`${name} has ${fetch.open} connections`);
    if (goesOn) this.#world.reach('piece continued');
    if (isRescue) this.#rescues(fetch, end - start);
    let isOpen = true;
    let next = start;
    return {
      brought: (at, bytes) => {
        next = at + bytes;
        this.#brought(fetch, at, bytes, end);
        if (bytes > 0 && at + bytes === end && fetch.rescues > 0)
          this.#world.reach(isRescue ? 'rescue came first' : 'straggler came first');
        if (at < start) this.#world.broke(`${name} brings what was not asked for`);
      },
      closed: () => {
        if (!isOpen) return;
        isOpen = false;
        fetch.open -= 1;
        if (next > start && next < end) fetch.broken.push(next);
        // One of the two is closed: what was fetched twice is known.
        fetch.work.reservedBytes -= fetch.reservedBytes;
        fetch.reservedBytes = 0;
      },
    };
  }

  #rescues(fetch: Fetch, restBytes: number): void {
    const { name } = fetch;
    fetch.rescues += 1;
    if (fetch.rescues > STRAGGLERS.mostRescues) this.#world.broke(`${name} is rescued for the ${fetch.rescues}th time`);
    this.#world.reach('straggler rescued');
    if (fetch.rescues > 1) this.#world.reach('rescue replaced');
    this.#reserves(fetch, restBytes);
  }

  #reserves(fetch: Fetch, restBytes: number): void {
    const { work, name } = fetch;
    fetch.reservedBytes = restBytes;
    work.reservedBytes += restBytes;
    const most = work.extraBytes + work.reservedBytes;
    const allowed = extraBytesAllowed(work, STRAGGLERS);
    if (most > allowed)
      this.#world.broke(`${name} is rescued: ${most} bytes may be fetched twice, ${allowed} are allowed`);
  }

  #brought(fetch: Fetch, at: number, bytes: number, end: number): void {
    const { work, name, furthest = at } = fetch;
    if (at > furthest) this.#world.broke(`${name} has a gap from ${furthest} to ${at}`);
    const more = Math.max(0, at + bytes - furthest);
    fetch.furthest = furthest + more;
    work.extraBytes += bytes - more;
    if (more > 0 && fetch.furthest === end) work.fetchedBytes += end - fetch.start;
  }
}
