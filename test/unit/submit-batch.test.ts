import { describe, expect, it } from 'vitest';
import { cancelBatch } from '../../lib/pipeline/requests/batches/cancel-batch.ts';
import { loadBatch, readableBatch } from '../../lib/pipeline/requests/batches/load-batch.ts';
import { retryBatch } from '../../lib/pipeline/requests/batches/retry-batch.ts';
import { submitBatch } from '../../lib/pipeline/requests/batches/submit-batch.ts';
import { changeBatch } from '../../lib/pipeline/shared/batches/fleet.ts';
import type { BatchSubmission } from '../../lib/pipeline/shared/batches/submission.ts';
import { pathsUnder } from '../../lib/pipeline/shared/paths-under.ts';
import type { BatchFleet, Ports } from '../../lib/pipeline/shared/ports.ts';
import { ended } from '../../lib/transfer/batch/batch-transitions.ts';
import { isComplete } from '../../lib/transfer/batch/outcome.ts';
import { toIso } from '../../lib/values/time.ts';
import { memorySealed } from '../support/memory-sealed.ts';
import { HOUR_MS, stillPorts } from '../support/still-ports.ts';
import { SUBMISSION } from '../support/submission.ts';

const never = new AbortController().signal;
const SECRET = 'https://files.example/a.bin?sig=SECRET';
const BATCH: BatchSubmission = {
  owner: 'ada',
  list: { kind: 'inline', entries: [{ sources: [SECRET] }] },
  destination: SUBMISSION.destination,
  options: { ifExists: 'if-changed', maxAttempts: 5, object: {} },
  idempotency: { keyHash: 'key', requestHash: 'request' },
};

function fleetPorts() {
  const { ports } = stillPorts();
  const sent: { readonly kind: string }[] = [];
  const send = async (messages: readonly { readonly body: { readonly kind: string } }[]) =>
    void sent.push(...messages.map(({ body }) => body));
  const fleet: BatchFleet = {
    sealed: memorySealed(),
    queues: { planner: { send }, fetcher: { send }, finalizer: { send } },
  };
  return { ports: { ...ports, fleet } satisfies Ports, sent };
}

async function paths(ports: Ports): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const path of pathsUnder(ports.records, '')) all.push(path);
  return all;
}

describe('a batch that is submitted', () => {
  it('leaves key, marker, sealed list and record, and a task for the planner; no secret outside what is sealed', async () => {
    const { ports, sent } = fleetPorts();
    const { id } = await submitBatch(ports, BATCH);
    expect(await paths(ports)).toEqual([`active-batches/${id}/1`, `batches/${id}.json`, 'keys/batches-key']);
    expect(await ports.fleet.sealed.unseal(`batches/${id}/list`)).toMatchObject({ v: 1, list: BATCH.list });
    expect(await loadBatch(ports, id)).toMatchObject({ status: 'accepted', owner: 'ada', run: 1 });
    expect(JSON.stringify(await readableBatch(ports, id))).not.toContain('SECRET');
    expect(sent).toEqual([{ kind: 'plan-batch', v: 1, batchId: id }]);
  });

  it('again with the same key is the first one, and with another request is refused', async () => {
    const { ports } = fleetPorts();
    const { id } = await submitBatch(ports, BATCH);
    expect((await submitBatch(ports, BATCH)).id).toBe(id);
    const other = { ...BATCH, idempotency: { keyHash: 'key', requestHash: 'other' } };
    await expect(submitBatch(ports, other)).rejects.toMatchObject({ code: 'Conflict' });
  });

  it('is refused where batches are no fleet', async () => {
    const { ports } = stillPorts();
    await expect(submitBatch(ports, BATCH)).rejects.toMatchObject({ code: 'InvalidOption' });
  });
});

describe('a batch that is cancelled', () => {
  it('is ending, for the first reason; ended, it is refused', async () => {
    const { ports, sent } = fleetPorts();
    const { id } = await submitBatch(ports, BATCH);
    expect(await cancelBatch(ports, id, 'ada', never)).toMatchObject({
      status: 'accepted',
      ending: { reason: { code: 'Cancelled' }, actedBy: 'ada' },
    });
    expect((await cancelBatch(ports, id, 'ben', never)).ending?.actedBy).toBe('ada');
    expect(sent.at(-1)).toEqual({ kind: 'batch-tick', v: 1, batchId: id });
    await changeBatch(ports, id, (there) => ended(there, {}, ports.clock.now()));
    await expect(cancelBatch(ports, id, 'ada', never)).rejects.toMatchObject({ code: 'BatchEnded' });
    await expect(cancelBatch(ports, '01NOTHERE', 'ada', never)).rejects.toMatchObject({ code: 'BatchNotFound' });
  });
});

describe('a batch that is retried', () => {
  const failures = { done: 1, unchanged: 0, failed: 1, cancelled: 0, bytes: 5 };

  async function endedWith(failed: number, heldMs: number) {
    const { ports, sent } = fleetPorts();
    const { id } = await submitBatch(ports, BATCH);
    await changeBatch(ports, id, (there) => ({
      ...ended(there, { counters: { ...failures, failed } }, ports.clock.now()),
      list: { ...there.list, entries: 2, shards: 1 },
      heldUntil: toIso(ports.clock.now() + heldMs),
    }));
    return { ports, sent, id };
  }

  it('is its next run, with its own marker', async () => {
    const { ports, sent, id } = await endedWith(1, HOUR_MS);
    expect(await retryBatch(ports, id, 'ben')).toMatchObject({ status: 'accepted', run: 2, actedBy: 'ben' });
    expect(await paths(ports)).toContain(`active-batches/${id}/2`);
    expect(sent.at(-1)).toEqual({ kind: 'plan-batch', v: 1, batchId: id });
    await expect(retryBatch(ports, id, 'ben')).rejects.toMatchObject({ code: 'BatchRunning' });
  });

  it('is refused when nothing failed, and when its entries are gone', async () => {
    const well = await endedWith(0, HOUR_MS);
    await expect(retryBatch(well.ports, well.id, 'ben')).rejects.toMatchObject({ code: 'BatchEnded' });
    const late = await endedWith(1, -1);
    await expect(retryBatch(late.ports, late.id, 'ben')).rejects.toMatchObject({ code: 'SourceNeeded' });
  });
});

it('a shard is complete when no worker and no transfer is left to it', () => {
  const large = [{ entry: 1, transferId: 'id', name: 'a.bin', source: 'https://files.example/a.bin' }];
  expect(isComplete({ v: 1, shard: 1, outcomes: [] })).toBe(false);
  expect(isComplete({ v: 1, shard: 1, outcomes: [], through: true, large })).toBe(false);
  expect(isComplete({ v: 1, shard: 1, outcomes: [], through: true })).toBe(true);
});
