import { expect, it } from 'vitest';
import { advanceBatch } from '../../lib/pipeline/batch/deployed/advance/advance-batch.ts';
import { takeBatchPlaces } from '../../lib/pipeline/batch/deployed/advance/host-places.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { Board } from '../../lib/transfer/batch/fleet/board.ts';
import { newBoard } from '../../lib/transfer/batch/fleet/board.ts';
import { NO_OUTCOMES } from '../../lib/transfer/batch/outcome.ts';
import { toIso } from '../../lib/values/time.ts';
import { runningBatch } from '../support/a-batch.ts';
import { memorySealed } from '../support/memory-sealed.ts';
import { stillPorts } from '../support/still-ports.ts';

const never = new AbortController().signal;
const HOST = 'https://h';

/** A batch that has 16 places of a host: eight for the shard in flight, eight for those that wait. */
async function withPlaces(isEnding: boolean) {
  const { ports: still, clock } = stillPorts();
  const queue = { send: async () => {} };
  const ports: Ports = {
    ...still,
    policy: { ...still.policy, hostCeiling: 16 },
    fleet: { sealed: memorySealed(), queues: { planner: queue, fetcher: queue, finalizer: queue } },
  };
  const at = toIso(clock.now);
  const ending = { reason: { code: 'Cancelled', message: 'it was cancelled' } } as const;
  const batch = runningBatch({ createdAt: at, updatedAt: at, ...(isEnding ? { ending } : {}) });
  const nothing = { complete: [], counters: NO_OUTCOMES, failures: [] };
  const board: Board = {
    ...newBoard({ id: 'b', run: 1 }, [[HOST, [2, 3]]], 3, nothing, at),
    hosts: { [HOST]: { waiting: [[2, 3]], places: 16 } },
    inFlight: { 1: { host: HOST, places: 8, turn: 1, at } },
    writeId: '',
  };
  await ports.records.put(KEYS.batch('b'), batch, 'absent');
  await ports.records.put(KEYS.board('b'), board, 'absent');
  await takeBatchPlaces(ports, { id: 'b' }, HOST, 16, never);
  const advance = () => advanceBatch(ports, 'b', [{ kind: 'batch-tick', v: 1, batchId: 'b' }], never);
  const boardNow = async () => (await ports.records.get(KEYS.board('b')))?.value;
  const held = async () => Object.values((await ports.records.get(KEYS.host(HOST)))?.value.sharers ?? {});
  return { advance, boardNow, held };
}

it('a batch that ends early gives back what no worker uses, once, and knows it', async () => {
  const { advance, boardNow, held } = await withPlaces(true);
  await advance();
  expect(await held()).toMatchObject([{ places: 8 }]);
  const board = await boardNow();
  expect(board?.hosts).toEqual({ [HOST]: { waiting: [[2, 3]], places: 8 } });
  await advance();
  expect(await boardNow()).toEqual(board);
});

it('a batch that goes on keeps its places for the shards that wait', async () => {
  const { advance, boardNow, held } = await withPlaces(false);
  await advance();
  expect(await held()).toMatchObject([{ places: 16 }]);
  expect(await boardNow()).toMatchObject({ hosts: { [HOST]: { places: 16 } }, inFlight: { 2: { places: 8 } } });
});
