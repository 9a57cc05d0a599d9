import { KEYS } from '../../../../records/records.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { isBatchOver, runOf } from '../../../../transfer/batch/batch-record.ts';
import { asEnding } from '../../../../transfer/batch/batch-transitions.ts';
import type { Board, HostShards } from '../../../../transfer/batch/fleet/board.ts';
import { hostsInFlight, MIXED, NO_SHARDS, placesInUse, readyShards } from '../../../../transfer/batch/fleet/board.ts';
import {
  endingOf,
  hasRoom,
  placesWanted,
  withEnd,
  withGrant,
  withSeen,
} from '../../../../transfer/batch/fleet/decide-batch.ts';
import type { BatchCommand, BatchFacts, BatchPolicy } from '../../../../transfer/batch/fleet/decision.ts';
import type { BatchFinalizerMessage, ShardTask } from '../../../../transfer/messages.ts';
import type { Instant } from '../../../../values/time.ts';
import { fromIso } from '../../../../values/time.ts';
import { loadBatch } from '../../../requests/batches/load-batch.ts';
import { changeDocument } from '../../../shared/batches/documents.ts';
import { changeBatch, fleetOf } from '../../../shared/batches/fleet.ts';
import type { Ports } from '../../../shared/ports.ts';
import { batchFacts } from './batch-facts.ts';
import { giveBackBatchPlaces, takeBatchPlaces } from './host-places.ts';
import { settleBatch } from './settle-batch.ts';

/**
 * Answers what came in about a batch: record → outcomes → places of hosts → board → swap → commands. Whatever a crash
 * loses after the swap is sent again when it was not heard of for long enough.
 * @throws PieceworkError `Conflict` after eight lost swaps: the messages come again.
 */
export async function advanceBatch(
  ports: Ports,
  batchId: string,
  messages: readonly BatchFinalizerMessage[],
  signal: AbortSignal,
): Promise<void> {
  const batch = await loadBatch(ports, batchId);
  if (batch === undefined) return;
  if (isBatchOver(batch)) return await settleBatch(ports, batch, signal);
  const board = (await ports.records.get(KEYS.board(batchId)))?.value;
  if (batch.status === 'accepted' || (board?.run ?? 0) < runOf(batch)) return await planAgain(ports, batch, messages);
  if (board === undefined) return;
  const facts = await batchFacts(ports, batch, board, messages, policyOf(ports), signal);
  const ending =
    batch.ending === undefined
      ? endingOf(batch, withSeen(board, facts, ports.clock.now(), policyOf(ports)), ports.clock.now())
      : undefined;
  const record =
    ending === undefined
      ? batch
      : ((await changeBatch(ports, batchId, (there) =>
          isBatchOver(there) || there.ending !== undefined ? undefined : asEnding(there, ending, ports.clock.now()),
        )) ?? batch);
  await decideAndSend(ports, record, facts, messages, signal);
}

/** A planner is at it, or its order was lost. */
async function planAgain(ports: Ports, batch: BatchRecord, messages: readonly BatchFinalizerMessage[]): Promise<void> {
  const ageMs = ports.clock.now() - fromIso(batch.updatedAt);
  const isTick = messages.some(({ kind }) => kind === 'batch-tick');
  if (!isTick || (batch.ending === undefined && ageMs < ports.policy.plannerLifeMs)) return;
  await fleetOf(ports).queues.planner.send([{ body: { kind: 'plan-batch', v: 1, batchId: batch.id } }]);
}

function policyOf({ policy }: Ports): BatchPolicy {
  const { quietMs, quietCapMs } = policy.decide;
  return { quietMs, quietCapMs, reportMs: policy.plannerLifeMs + quietMs };
}

async function decideAndSend(
  ports: Ports,
  record: BatchRecord,
  facts: BatchFacts,
  messages: readonly BatchFinalizerMessage[],
  signal: AbortSignal,
): Promise<void> {
  let tasks: ShardTask[] = [];
  let commands: readonly BatchCommand[] = [];
  const isTick = messages.some(({ kind }) => kind === 'batch-tick');
  const stored = await changeDocument<Board>(ports, KEYS.board(record.id), async (there) => {
    tasks = [];
    commands = [];
    if (there === undefined || there.run !== runOf(record)) return undefined;
    let board = withSeen(there, facts, ports.clock.now(), policyOf(ports));
    if (record.ending === undefined) {
      for (const host of hostsToAsk(board, isTick, ports.clock.now())) {
        const granted = await withPlaces(ports, record, board, host, signal);
        board = granted.board;
        tasks.push(...granted.tasks);
      }
    }
    const end = withEnd(record, board, ports.clock.now(), policyOf(ports));
    commands = end.commands;
    board = withoutEmptyHosts(end.board);
    return JSON.stringify(board) === JSON.stringify(there) ? undefined : board;
  });
  await carryOut(ports, record.id, tasks, commands);
  if (stored !== undefined) await giveBack(ports, record, stored, signal);
}

/** Those with shards that wait, as far as there is room for more; at a tick those whose lease is to be renewed, too. */
function hostsToAsk(board: Board, isTick: boolean, now: Instant): readonly string[] {
  const held = hostsInFlight(board);
  const isReady = (host: string) => hasRoom(board) && readyShards(board, host, now).length > 0;
  return Object.keys(board.hosts).filter((host) => isReady(host) || (isTick && held.has(host)));
}

async function withPlaces(
  ports: Ports,
  record: BatchRecord,
  board: Board,
  host: string,
  signal: AbortSignal,
): Promise<{ readonly board: Board; readonly tasks: readonly ShardTask[] }> {
  const now = ports.clock.now();
  // Of entries of several hosts: their worker looks at each of these.
  if (host === MIXED) return withGrant(record, board, { host, places: 0 }, now);
  const isRenewed = hostsInFlight(board).has(host);
  if (!hasRoom(board) && !isRenewed) return { board, tasks: [] };
  const { closedUntil } = board.hosts[host] ?? {};
  if (closedUntil !== undefined && fromIso(closedUntil) > now && !isRenewed) return { board, tasks: [] };
  const taken = await takeBatchPlaces(ports, record, host, placesWanted(record, board, host, now), signal);
  return withGrant(record, board, { host, ...taken }, now);
}

function withoutEmptyHosts(board: Board): Board {
  const held = hostsInFlight(board);
  const hosts = Object.entries(board.hosts).filter(
    ([host, { waiting, places }]) => waiting.length > 0 || held.has(host) || places > 0,
  );
  return { ...board, hosts: Object.fromEntries(hosts) };
}

async function carryOut(
  ports: Ports,
  batchId: string,
  tasks: readonly ShardTask[],
  commands: readonly BatchCommand[],
): Promise<void> {
  const { queues } = fleetOf(ports);
  if (tasks.length > 0) await queues.fetcher.send(tasks.map((body) => ({ body })));
  for (const command of commands) {
    switch (command.kind) {
      case 'submitLarge': {
        const { shard, most } = command;
        await queues.planner.send([{ body: { kind: 'submit-large', v: 1, batchId, shard, most } }]);
        break;
      }
      case 'report':
        await queues.planner.send([{ body: { kind: 'report', v: 1, batchId } }]);
        break;
    }
  }
}

/** Gives back what it holds of hosts and needs no more. */
async function giveBack(ports: Ports, record: BatchRecord, board: Board, signal: AbortSignal): Promise<void> {
  const now = ports.clock.now();
  const left = Object.keys(board.hosts).filter((host) => isLeft(record, board, host, now));
  if (left.length === 0) return;
  for (const host of left) {
    const used = placesInUse(board, host);
    await giveBackBatchPlaces(ports, record.id, host, used === 0 ? 'left' : used, signal);
  }
  await changeDocument<Board>(ports, KEYS.board(record.id), (there) => {
    const given = left.filter((host) => there !== undefined && isLeft(record, there, host, now));
    return there === undefined || given.length === 0 ? undefined : withGivenBack(there, given);
  });
}

/** Whether it holds places of the host that no shard is to have any more. */
function isLeft(record: BatchRecord, board: Board, host: string, now: Instant): boolean {
  const { places } = board.hosts[host] ?? NO_SHARDS;
  const isNeeded = readyShards(board, host, now).length > 0 && record.ending === undefined;
  return host !== MIXED && !isNeeded && placesInUse(board, host) < places;
}

function withGivenBack(board: Board, hosts: readonly string[]): Board {
  const given = hosts.map((host): [string, HostShards] => {
    const { waiting } = board.hosts[host] ?? NO_SHARDS;
    return [host, { waiting, places: placesInUse(board, host) }];
  });
  return withoutEmptyHosts({ ...board, hosts: { ...board.hosts, ...Object.fromEntries(given) } });
}
