import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import type { Outcome, OutcomeKind } from '../../../transfer/batch/outcome.ts';
import type { Ports } from '../../shared/ports.ts';

export interface OutcomesQuery {
  readonly kind?: OutcomeKind;
  /** Of the error. */
  readonly code?: string;
  readonly limit: number;
  /** Where the page before ended. @default from the start */
  readonly after?: OutcomePlace;
}

/** An entry, and the shard that it is in. */
export interface OutcomePlace {
  readonly shard: number;
  readonly entry: number;
}

export interface OutcomesPage {
  readonly outcomes: readonly Outcome[];
  /** `after` of the next page; absent at the end. */
  readonly next?: OutcomePlace;
}

/** Documents that are read for one page at most: a rare code makes a short page, not a slow one. */
const MOST_READ = 64;
const READ_TOGETHER = 8;

/** What is written of the outcomes of a batch, shard by shard, in list order within one. */
export async function outcomesPage(
  ports: Pick<Ports, 'records'>,
  { id, list }: Pick<BatchRecord, 'id' | 'list'>,
  { kind, code, limit, after = { shard: 1, entry: 0 } }: OutcomesQuery,
): Promise<OutcomesPage> {
  const found: Outcome[] = [];
  const last = Math.min(list.shards, after.shard + MOST_READ - 1);
  const read = async (shard: number) => (await ports.records.get(KEYS.outcomes(id, shard)))?.value.outcomes ?? [];
  for (let first = after.shard; first <= last; first += READ_TOGETHER) {
    const numbers = Array.from({ length: Math.min(READ_TOGETHER, last - first + 1) }, (_, index) => first + index);
    const documents = await Promise.all(numbers.map(read));
    for (const [index, outcomes] of documents.entries()) {
      const shard = first + index;
      const from = shard === after.shard ? after.entry : 0;
      for (const outcome of [...outcomes].sort((a, b) => a.entry - b.entry)) {
        if (outcome.entry <= from || !isWanted(outcome, kind, code)) continue;
        found.push(outcome);
        if (found.length === limit) return { outcomes: found, next: { shard, entry: outcome.entry } };
      }
    }
  }
  return last >= list.shards ? { outcomes: found } : { outcomes: found, next: { shard: last + 1, entry: 0 } };
}

function isWanted(outcome: Outcome, kind: OutcomeKind | undefined, code: string | undefined): boolean {
  return (kind === undefined || outcome.kind === kind) && (code === undefined || outcome.error?.code === code);
}
