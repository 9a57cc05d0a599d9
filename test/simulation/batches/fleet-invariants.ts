import { KEYS } from '../../../lib/records/records.ts';
import type { BatchRecord } from '../../../lib/transfer/batch/batch-record.ts';
import { runOf } from '../../../lib/transfer/batch/batch-record.ts';
import type { Board } from '../../../lib/transfer/batch/fleet/board.ts';
import type { Outcome } from '../../../lib/transfer/batch/outcome.ts';
import { counted, isThere, NO_OUTCOMES } from '../../../lib/transfer/batch/outcome.ts';
import { piecesIn } from '../../../lib/transfer/plan/piece-set.ts';
import { outcomesIn } from '../../support/outcomes.ts';
import type { FleetWorld } from './fleet-world.ts';
import { CEILING, textOf } from './fleet-world.ts';

/** Looks at a batch after each step (docs/batches.md): what is found is what is wrong. */
export class FleetWatch {
  readonly #world: FleetWorld;
  /** Outcomes of complete shards, as they were when they became so, by run and shard. */
  readonly #complete = new Map<string, string>();

  constructor(world: FleetWorld) {
    this.#world = world;
  }

  async faults(id: string): Promise<readonly string[]> {
    const { records, entries, objects } = this.#world;
    const batch = (await records.get(KEYS.batch(id)))?.value;
    const board = (await records.get(KEYS.board(id)))?.value;
    if (batch === undefined || board === undefined || board.run !== runOf(batch)) return [];
    const faults: string[] = [];
    let sums = NO_OUTCOMES;
    const complete = new Set(piecesIn(board.complete));
    for (let shard = 1; shard <= board.shards; shard += 1) {
      const outcomes = (await records.get(KEYS.outcomes(id, shard)))?.value.outcomes ?? [];
      const numbers = new Set(outcomes.map(({ entry }) => entry));
      if (numbers.size < outcomes.length) faults.push(`shard ${shard} has two outcomes of one entry`);
      for (const { entry, kind, name } of outcomes) {
        const there = objects.get(`in/${name}`)?.text;
        const one = entries[entry - 1];
        if (isThere({ kind }) && (one === undefined || there !== textOf(one)))
          faults.push(`entry ${entry} is ${kind}, and its object is not there`);
      }
      if (!complete.has(shard)) continue;
      sums = outcomes.reduce(counted, sums);
      const key = `${board.run}/${shard}`;
      const text = JSON.stringify(outcomes);
      const before = this.#complete.get(key);
      if (before !== undefined && before !== text) faults.push(`shard ${shard} was complete, and has changed`);
      this.#complete.set(key, text);
    }
    if (JSON.stringify(sums) !== JSON.stringify(board.counters))
      faults.push(`counters are ${JSON.stringify(board.counters)}, and outcomes ${JSON.stringify(sums)}`);
    faults.push(...crowded(board));
    return faults;
  }
}

/** Hosts that are sent more connections than they bear. */
function crowded({ inFlight }: Board): readonly string[] {
  const places = new Map<string, number>();
  for (const flight of Object.values(inFlight)) places.set(flight.host, (places.get(flight.host) ?? 0) + flight.places);
  return [...places]
    .filter(([host, used]) => host !== '' && used > CEILING)
    .map(([host, used]) => `${host} is sent ${used} connections, and bears ${CEILING}`);
}

export async function faultsAtEnd(world: FleetWorld, id: string, mayBeCancelled: boolean): Promise<readonly string[]> {
  const { records, sealed, ends } = world;
  const batch = (await records.get(KEYS.batch(id)))?.value;
  if (batch === undefined) return ['it is gone'];
  const faults: string[] = [];
  const left: string[] = [...sealed.names()];
  for (const prefix of ['boards/', 'active-batches/']) left.push(...(await records.list(prefix)).paths);
  if (left.length > 0) faults.push(`left behind: ${left.join(', ')}`);
  if (!ends.some((end) => end.startsWith(`batch.${batch.status} `))) faults.push(`its end was not announced: ${ends}`);
  if (batch.list.entries === 0) return mayBeCancelled ? faults : [...faults, `it is ${JSON.stringify(batch)}`];
  if (!mayBeCancelled && batch.status !== 'completed') faults.push(`it is ${JSON.stringify(batch)}`);
  return [...faults, ...reportFaults(world, batch, mayBeCancelled)];
}

function reportFaults({ entries, objects }: FleetWorld, { id, counters }: BatchRecord, mayBeCancelled: boolean) {
  const faults: string[] = [];
  const outcomes = outcomesIn(objects.get(`in/piecework-report-${id}.jsonl`)?.text ?? '');
  const numbers = outcomes.map(({ entry }) => entry).join();
  if (numbers !== entries.map((_, index) => index + 1).join()) faults.push(`the report has the entries ${numbers}`);
  if (JSON.stringify(outcomes.reduce(counted, NO_OUTCOMES)) !== JSON.stringify(counters))
    faults.push(`the record counts ${JSON.stringify(counters)}`);
  for (const outcome of outcomes) {
    const { entry, kind, name, error } = outcome;
    const manner = entries[entry - 1]?.manner;
    const fails = manner === 'is gone' || manner === 'is large and fails';
    if (!isRight(outcome, fails, mayBeCancelled))
      faults.push(`entry ${entry}, which ${manner}, is ${kind} (${error?.code})`);
    if (!isThere(outcome) && fails && objects.has(`in/${name}`)) faults.push(`entry ${entry} is ${kind}, and is there`);
  }
  return faults;
}

function isRight(outcome: Outcome, fails: boolean, mayBeCancelled: boolean): boolean {
  if (outcome.kind === 'cancelled') return mayBeCancelled;
  // Its workers died again and again, as they do here and hardly anywhere else.
  return isThere(outcome) !== fails || outcome.error?.code === 'WorkerDied';
}
