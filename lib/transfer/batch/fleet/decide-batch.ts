import { PieceworkError, toErrorRecord } from '../../../errors/error.ts';
import type { Instant } from '../../../values/time.ts';
import { fromIso, toIso } from '../../../values/time.ts';
import { formatDuration } from '../../../values/units.ts';
import type { ShardTask } from '../../messages.ts';
import { hasPiece, pieceSetSize, withoutFirst, withoutPiece, withPiece } from '../../plan/piece-set.ts';
import type { BatchEnding, BatchRecord } from '../batch-record.ts';
import { hasTooManyFailures } from '../stop-rules.ts';
import { plus } from '../sums.ts';
import type { Board, ShardInFlight } from './board.ts';
import { flightsTo, MIXED, NO_SHARDS, placesInUse, readyShards } from './board.ts';
import { largeCommands } from './decide-large.ts';
import type { BatchCommand, BatchFacts, BatchPolicy } from './decision.ts';
import type { ShardSeen } from './seen.ts';

/** Workers of one shard that may die in a row. */
const MOST_DEATHS = 4;

/**
 * What was seen of shards, on the board: a shard is complete when its outcomes say so, and its sums are added by the
 * same swap. What a message says is a reason to look, and never more than that.
 */
export function withSeen(before: Board, facts: BatchFacts, now: Instant, policy: BatchPolicy): Board {
  let board = before;
  for (const [shard, seen] of facts.seen) {
    if (seen.run !== board.run || hasPiece(board.complete, shard)) continue;
    if (seen.isComplete) board = completed(board, shard, seen, now);
    else if (seen.isThrough) board = waitsForLarge(board, shard, seen, now);
  }
  for (const [key, flight] of Object.entries(board.inFlight)) {
    const shard = Number(key);
    const seen = facts.seen.get(shard);
    if (facts.dead.get(shard) === flight.turn) board = died(board, shard, flight);
    else if (facts.givenBack.get(shard) === flight.turn)
      board = waitsAgain(board, shard, { ...flight, deaths: 0 }, { now, restsUntil: seen?.restsUntil });
    else if (isQuiet(flight, now, policy) && seen !== undefined) board = afterQuiet(board, shard, flight, seen, now);
  }
  return board;
}

/** A worker writes its lease before anything else: without one of this turn, none has begun, and none has died. */
function afterQuiet(
  board: Board,
  shard: number,
  flight: ShardInFlight,
  { leasedUntil = 0 }: ShardSeen,
  now: Instant,
): Board {
  if (leasedUntil > now) return inFlight(board, shard, { ...flight, at: toIso(now) });
  const hasBegun = leasedUntil > fromIso(flight.at);
  return hasBegun ? died(board, shard, flight) : waitsAgain(board, shard, flight);
}

/** Not heard of for too long: its lease is to be looked at. */
export function isQuiet({ at, turn }: ShardInFlight, now: Instant, { quietMs, quietCapMs }: BatchPolicy): boolean {
  return now - fromIso(at) >= Math.min(quietCapMs, quietMs * 2 ** Math.min(turn - 1, 8));
}

function completed(board: Board, shard: number, seen: ShardSeen, now: Instant): Board {
  return {
    ...without(board, shard),
    complete: withPiece(board.complete, shard),
    ...plus(board, seen),
    movedAt: toIso(now),
  };
}

function waitsForLarge(before: Board, shard: number, { largeLeft }: ShardSeen, now: Instant): Board {
  const there = before.large[String(shard)];
  if (there?.left === largeLeft) return before;
  const board = without(before, shard);
  const ended = there === undefined ? 0 : there.left - largeLeft;
  const open = Math.max(0, Math.min(largeLeft, (there?.open ?? 0) - ended));
  return {
    ...board,
    large: { ...board.large, [shard]: { left: largeLeft, open, at: there?.at ?? toIso(now) } },
    movedAt: toIso(now),
  };
}

function died(board: Board, shard: number, flight: ShardInFlight): Board {
  const deaths = (flight.deaths ?? 0) + 1;
  if (deaths >= MOST_DEATHS) return { ...without(board, shard), lost: withPiece(board.lost, shard) };
  return waitsAgain(board, shard, { ...flight, deaths });
}

/** Its turn and its deaths are kept with it until it is sent again. */
function waitsAgain(
  before: Board,
  shard: number,
  flight: ShardInFlight,
  moved?: { readonly now: Instant; readonly restsUntil: Instant | undefined },
): Board {
  const board = without(before, shard);
  const { host, turn, deaths = 0 } = flight;
  const { restsUntil } = moved ?? {};
  const rest = restsUntil === undefined ? {} : { restsUntil: toIso(restsUntil) };
  const { [host]: there = NO_SHARDS, ...others } = board.hosts;
  return {
    ...board,
    // Behind the hosts that wait longer.
    hosts: { ...others, [host]: { ...there, waiting: withPiece(there.waiting, shard) } },
    again: { ...board.again, [shard]: { turn, deaths, ...rest } },
    ...(moved === undefined ? {} : { movedAt: toIso(moved.now) }),
  };
}

function inFlight(board: Board, shard: number, flight: ShardInFlight): Board {
  return { ...board, inFlight: { ...board.inFlight, [shard]: flight } };
}

/** Taken from where it is. */
function without(board: Board, shard: number): Board {
  const isElsewhere = String(shard) in board.inFlight || String(shard) in board.large;
  const { [String(shard)]: _flight, ...flights } = board.inFlight;
  const { [String(shard)]: _large, ...large } = board.large;
  const { [String(shard)]: _again, ...again } = board.again ?? {};
  const hosts = isElsewhere
    ? board.hosts
    : Object.fromEntries(
        Object.entries(board.hosts).map(([host, one]) => [host, { ...one, waiting: withoutPiece(one.waiting, shard) }]),
      );
  return { ...board, inFlight: flights, large, again, hosts };
}

/** Why a batch gives up before its end, by its own rules. */
export function endingOf(record: BatchRecord, { counters }: Board, now: Instant): BatchEnding | undefined {
  const { maxFailures, maxDurationMs } = record.options;
  if (hasTooManyFailures(counters, maxFailures)) {
    const message = `${counters.failed} entries have failed, which is more than maxFailures allows; what was not begun is cancelled`;
    return { reason: toErrorRecord(new PieceworkError('TooManyFailures', message)) };
  }
  if (maxDurationMs === undefined || now - fromIso(record.runAt ?? record.createdAt) < maxDurationMs) return undefined;
  const message = `the batch ran for ${formatDuration(maxDurationMs)}, as long as maxDuration allows; what was not brought is cancelled`;
  return { reason: toErrorRecord(new PieceworkError('DeadlineExceeded', message)) };
}

/** Places of one host that the batch may use now. */
export interface HostGrant {
  readonly host: string;
  readonly places: number;
  readonly closedUntil?: Instant;
}

/** Connections that the worker of one shard has at most: with more places, more workers share them. */
const PLACES_OF_SHARD = 8;
/** Of entries of rare hosts, each of which is asked by one connection of each worker. */
const MOST_MIXED = 4;
/** Shards of one batch that are worked on at a time. */
const MOST_IN_FLIGHT = 64;

/** How many places of the host the batch could use. */
export function placesWanted(record: BatchRecord, board: Board, host: string, now: Instant): number {
  const most = record.options.perHost ?? Number.POSITIVE_INFINITY;
  const shards = flightsTo(board, host).length + pieceSetSize(readyShards(board, host, now));
  return Math.min(most, shards * PLACES_OF_SHARD);
}

/** Room for more shards. */
export function hasRoom(board: Board): boolean {
  return Object.keys(board.inFlight).length < MOST_IN_FLIGHT;
}

/** Sends shards of the host into the places that the batch has of it. */
export function withGrant(
  record: BatchRecord,
  before: Board,
  { host, places, closedUntil }: HostGrant,
  now: Instant,
): { readonly board: Board; readonly tasks: readonly ShardTask[] } {
  const there = before.hosts[host];
  if (there === undefined) return { board: before, tasks: [] };
  const isClosed = closedUntil !== undefined && closedUntil > now;
  let board: Board = {
    ...before,
    hosts: {
      ...before.hosts,
      [host]: { waiting: there.waiting, places, ...(isClosed ? { closedUntil: toIso(closedUntil) } : {}) },
    },
  };
  const tasks: ShardTask[] = [];
  while (!isClosed && hasRoom(board)) {
    const free = freePlaces(record, board, host, places);
    const next = withoutFirst(readyShards(board, host, now))?.first;
    if (free < 1 || next === undefined) break;
    const { turn = 0, deaths = 0 } = board.again?.[String(next)] ?? {};
    const flight: ShardInFlight = { host, places: free, turn: turn + 1, at: toIso(now), deaths };
    const { [String(next)]: _, ...again } = board.again ?? {};
    const { [host]: one = { waiting: [], places }, ...others } = board.hosts;
    board = {
      ...inFlight(board, next, flight),
      again,
      // Its turn comes again when all others have had theirs.
      hosts: { ...others, [host]: { ...one, waiting: withoutPiece(one.waiting, next) } },
    };
    tasks.push({
      kind: 'shard',
      v: 1,
      batchId: board.batchId,
      run: board.run,
      shard: next,
      turn: flight.turn,
      places: flight.places,
    });
  }
  return { board, tasks };
}

function freePlaces({ options }: BatchRecord, board: Board, host: string, places: number): number {
  const flights = flightsTo(board, host).length;
  if (host === MIXED) return flights < MOST_MIXED ? 1 : 0;
  // A pace of so many a minute is one worker's to keep.
  if (options.perHostPerMinute !== undefined) return flights === 0 ? places : 0;
  return Math.min(PLACES_OF_SHARD, places - placesInUse(board, host));
}

/** Large entries to be made transfers, and whether it is over. */
export function withEnd(
  record: BatchRecord,
  before: Board,
  now: Instant,
  policy: BatchPolicy,
): { readonly board: Board; readonly commands: readonly BatchCommand[] } {
  const isEnding = record.ending !== undefined;
  const large = isEnding ? { board: before, commands: [] } : largeCommands(before, now, policy);
  const { board } = large;
  if (!isAtItsEnd(board, isEnding)) return large;
  const asked = board.reportAt === undefined ? undefined : fromIso(board.reportAt);
  if (asked !== undefined && now - asked < policy.reportMs) return large;
  return { board: { ...board, reportAt: toIso(now) }, commands: [...large.commands, { kind: 'report' }] };
}

function isAtItsEnd(board: Board, isEnding: boolean): boolean {
  if (Object.keys(board.inFlight).length > 0) return false;
  if (isEnding) return Object.values(board.large).every(({ open }) => open === 0);
  return (
    Object.keys(board.large).length === 0 && Object.values(board.hosts).every(({ waiting }) => waiting.length === 0)
  );
}
