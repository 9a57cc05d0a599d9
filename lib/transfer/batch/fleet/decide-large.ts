import type { Instant } from '../../../values/time.ts';
import { fromIso, toIso } from '../../../values/time.ts';
import type { Board, LargeOfShard } from './board.ts';
import type { BatchCommand, BatchPolicy } from './decision.ts';

/** Large entries of one batch that are transfers at a time. */
const MOST_OPEN = 16;
/** More are begun when so few are left. */
const FEW_OPEN = 8;

/** Which large entries become transfers now; and those again whose order may have been lost. */
export function largeCommands(
  before: Board,
  now: Instant,
  { quietMs }: BatchPolicy,
): { readonly board: Board; readonly commands: readonly BatchCommand[] } {
  let open = Object.values(before.large).reduce((sum, one) => sum + one.open, 0);
  const mayBegin = open <= FEW_OPEN;
  const large: Record<string, LargeOfShard> = { ...before.large };
  const commands: BatchCommand[] = [];
  for (const [shard, one] of Object.entries(before.large)) {
    const more = mayBegin ? Math.min(one.left - one.open, MOST_OPEN - open) : 0;
    const isLate = one.open > 0 && now - fromIso(one.at) >= quietMs;
    if (more < 1 && !isLate) continue;
    const next = { left: one.left, open: one.open + Math.max(0, more), at: toIso(now) };
    open += next.open - one.open;
    large[shard] = next;
    commands.push({ kind: 'submitLarge', shard: Number(shard), most: next.open });
  }
  return commands.length === 0 ? { board: before, commands } : { board: { ...before, large }, commands };
}
