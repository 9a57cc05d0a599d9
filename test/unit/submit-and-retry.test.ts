import { describe, expect, it } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { retry } from '../../lib/pipeline/requests/retry.ts';
import { submit } from '../../lib/pipeline/requests/submit.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { loadTransfer } from '../../lib/pipeline/shared/store.ts';
import { reconcile } from '../../lib/pipeline/upkeep/reconcile.ts';
import { KEYS } from '../../lib/records/records.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW, transferring } from '../support/a-transfer.ts';
import { HOUR_MS, stillPorts } from '../support/still-ports.ts';
import { change, markers, OTHER_URL, SECRET_URL, SETTLED, SUBMISSION } from '../support/submission.ts';

const never = new AbortController().signal;
describe('submit', () => {
  it('leaves marker, sealed source and record, and a plan task', async () => {
    const { ports, sent } = stillPorts();
    const { id } = await submit(ports, SUBMISSION);
    expect(await markers(ports)).toEqual([`active/${id}/1`]);
    expect(await ports.secrets.unseal(id, 1)).toEqual({ url: SECRET_URL });
    expect(JSON.stringify(await loadTransfer(ports, id))).not.toContain('SECRET');
    expect(sent).toEqual([{ to: 'planner', kind: 'plan' }]);
  });

  it('that is repeated returns the first transfer, and sends its task again while it waits', async () => {
    const { ports, sent } = stillPorts();
    const { id } = await submit(ports, SUBMISSION);
    expect((await submit(ports, SUBMISSION)).id).toBe(id);
    expect(sent).toHaveLength(2);
    const { plan, planId, snapshot, upload } = transferring();
    await change(ports, id, { status: 'transferring', plan, planId, snapshot, upload });
    expect(await submit(ports, SUBMISSION)).toMatchObject({ id, status: 'transferring' });
    expect(sent).toHaveLength(2);
  });

  it('survives a connection that breaks at its first writes', async () => {
    const { ports } = stillPorts();
    const { put } = ports.records;
    const broken = new Set<string>();
    ports.records.put = async (key, value, on) => {
      if (on !== 'absent' || broken.has(key.path)) return await put(key, value, on);
      broken.add(key.path);
      throw new PieceworkError('HomeUnavailable', 'ECONNRESET');
    };
    const { id } = await submit(ports, SUBMISSION);
    expect([...broken]).toEqual(['keys/key', `active/${id}/1`, `transfers/${id}.json`]);
    expect(await loadTransfer(ports, id)).toMatchObject({ record: { status: 'accepted' } });
  });

  it('with the key of another request is refused', async () => {
    const { ports } = stillPorts();
    await submit(ports, SUBMISSION);
    const other = { ...SUBMISSION, idempotency: { keyHash: 'key', requestHash: 'other' } };
    await expect(submit(ports, other)).rejects.toMatchObject({ code: 'Conflict' });
  });

  it('that is repeated after a retry leaves nothing of the first run behind', async () => {
    const { ports } = stillPorts();
    const { id } = await submit(ports, SUBMISSION);
    await change(ports, id, SETTLED);
    await retry(ports, id, { url: OTHER_URL });
    await submit(ports, SUBMISSION);
    expect(await markers(ports)).toEqual([`active/${id}/2`]);
    expect(await ports.secrets.unseal(id, 1)).toBeUndefined();
    expect(await ports.secrets.unseal(id, 2)).toEqual({ url: OTHER_URL });
  });

  it('that seals after the other of two had ended and been cleaned up, is itself cleaned up', async () => {
    const { ports } = stillPorts();
    let id = '';
    const { seal } = ports.secrets;
    const slow: Ports = {
      ...ports,
      secrets: {
        ...ports.secrets,
        async seal(...args) {
          // The other one wrote its record, ended and was cleaned up while this request was on its way.
          const { record: there } = await createdByOther(ports, args[0]);
          id = there.id;
          await ports.secrets.discard(id, 1);
          await ports.records.delete(KEYS.active(id, 1));
          await seal(...args);
        },
      },
    };
    expect(await submit(slow, SUBMISSION)).toMatchObject({ status: 'failed' });
    expect(await markers(ports)).toEqual([`active/${id}/1`]);
    await reconcile(ports, { transferId: id, run: 1 }, { now: false }, never);
    expect(await markers(ports)).toEqual([]);
    expect(await ports.secrets.unseal(id, 1)).toBeUndefined();
  });
});

/**
 * Two submits, or two retries, at once: both find the other's marker, and the slower one seals when the other's run has
 * ended and been cleaned up. Then it dies. So there is a sealed source, and no marker for it.
 */
async function createdByOther(ports: Ports, id: string) {
  const record = (await submit({ ...ports, ids: { ulid: () => id } }, withoutKey())).id;
  await change(ports, record, SETTLED);
  const loaded = await loadTransfer(ports, record);
  if (loaded === undefined) throw new Error(`no ${id}`);
  return loaded;
}

function withoutKey() {
  const { idempotency: _, ...rest } = SUBMISSION;
  return rest;
}

describe('a submit that was cut off before its record (rule 16)', () => {
  async function abandoned() {
    const world = stillPorts();
    const { ports, clock } = world;
    await ports.records.put(KEYS.idempotency('key'), { v: 1, transferId: 'T', requestHash: 'request' }, 'absent');
    await ports.records.put(KEYS.active('T', 1), { v: 1, at: toIso(NOW) }, 'absent');
    await ports.secrets.seal('T', 1, { url: SECRET_URL });
    const tick = () => reconcile(ports, { transferId: 'T', run: 1 }, { now: false }, never);
    return { ...world, clock, tick };
  }

  it('is left alone while it may still be on its way', async () => {
    const { ports, clock, tick } = await abandoned();
    clock.now = NOW + HOUR_MS - 1;
    await tick();
    expect(await loadTransfer(ports, 'T')).toBeUndefined();
    expect(await markers(ports)).toEqual(['active/T/1']);
  });

  it('goes on where it was when it is repeated in time', async () => {
    const { ports } = await abandoned();
    expect(await submit(ports, SUBMISSION)).toMatchObject({ id: 'T', status: 'accepted', run: 1 });
  });

  it('is buried under a tombstone, with all that it left', async () => {
    const { ports, clock, tick } = await abandoned();
    clock.now = NOW + HOUR_MS;
    await tick();
    expect((await loadTransfer(ports, 'T'))?.record).toMatchObject({
      status: 'failed',
      reason: { code: 'SubmitAbandoned' },
    });
    expect(await markers(ports)).toEqual([]);
    expect(await ports.secrets.unseal('T', 1)).toBeUndefined();
  });

  it('is revived as its next run, with what it asks for, when it is repeated later', async () => {
    const { ports, clock, sent, tick } = await abandoned();
    clock.now = NOW + HOUR_MS;
    await tick();
    const record = await submit(ports, SUBMISSION);
    expect(record).toMatchObject({
      id: 'T',
      status: 'accepted',
      run: 2,
      request: { destination: SUBMISSION.destination },
    });
    expect(await markers(ports)).toEqual(['active/T/2']);
    expect(await ports.secrets.unseal('T', 2)).toEqual({ url: SECRET_URL });
    expect(sent).toContainEqual({ to: 'planner', kind: 'plan' });
  });

  it('belongs to who repeats it, and to their batch: a tombstone is nobody’s', async () => {
    const { ports, clock, tick } = await abandoned();
    clock.now = NOW + HOUR_MS;
    await tick();
    const batch = { id: 'B', entry: 3 };
    expect(await submit(ports, { ...SUBMISSION, owner: 'ann', batch })).toMatchObject({ id: 'T', owner: 'ann', batch });
  });

  it('can not be retried: nobody knows what was asked for', async () => {
    const { ports, clock, tick } = await abandoned();
    clock.now = NOW + HOUR_MS;
    await tick();
    await expect(retry(ports, 'T', { url: SECRET_URL })).rejects.toMatchObject({ code: 'TransferNotFound' });
  });
});

describe('retry', () => {
  async function failedOnce() {
    const world = stillPorts();
    const { id } = await submit(world.ports, SUBMISSION);
    await change(world.ports, id, SETTLED);
    return { ...world, id };
  }

  it('begins the next run, and leaves nothing of the one before', async () => {
    const { ports, id } = await failedOnce();
    expect(await retry(ports, id)).toMatchObject({ status: 'accepted', run: 2 });
    expect(await markers(ports)).toEqual([`active/${id}/2`]);
    expect(await ports.secrets.unseal(id, 1)).toBeUndefined();
    expect(await ports.secrets.unseal(id, 2)).toEqual({ url: SECRET_URL });
  });

  it('with another source says so: in the record, redacted, and in an event', async () => {
    const { ports, id, events } = await failedOnce();
    const source = { url: 'https://mirror.example/file?signature=***', withheld: true };
    const record = await retry(ports, id, { url: 'https://mirror.example/file?signature=NEW' });
    expect(record.request).toEqual({ ...record.request, source });
    expect(record.request.destination).toEqual(SUBMISSION.destination);
    expect(events.at(-1)).toEqual({ type: 'retried', transferId: id, run: 2, source: source.url });
    expect(JSON.stringify([await loadTransfer(ports, id), events])).not.toContain('NEW');
  });

  it.each([
    ['completed', 'TransferEnded'],
    ['cancelled', 'TransferEnded'],
    ['transferring', 'TransferRunning'],
  ] as const)('of one that is %s is refused', async (status, code) => {
    const { ports, id } = await failedOnce();
    const { plan, planId, snapshot, upload } = transferring();
    const result = { sizeBytes: 100, version: 'validator', digests: {} } as const;
    await change(ports, id, { status, plan, planId, snapshot, upload, result });
    await expect(retry(ports, id)).rejects.toMatchObject({ code });
  });

  it('that died before its record is taken over by the failed transfer, once it can not be on its way any more', async () => {
    const { ports, clock, id } = await failedOnce();
    await ports.records.put(KEYS.active(id, 2), { v: 1, at: toIso(NOW) }, 'absent');
    await ports.secrets.seal(id, 2, { url: OTHER_URL });
    const tick = () => reconcile(ports, { transferId: id, run: 2 }, { now: false }, never);
    await tick();
    expect((await loadTransfer(ports, id))?.record.run).toBe(1);
    clock.now = NOW + HOUR_MS;
    await tick();
    expect((await loadTransfer(ports, id))?.record).toMatchObject({ status: 'failed', run: 2 });
    expect(await markers(ports)).toEqual([]);
    expect([await ports.secrets.unseal(id, 1), await ports.secrets.unseal(id, 2)]).toEqual([undefined, undefined]);
  });

  it('that died between its record and its clean-up leaves a marker, by which the tick finds all that was sealed before', async () => {
    const { ports, id } = await failedOnce();
    await change(ports, id, { run: 3 });
    await ports.secrets.seal(id, 3, { url: OTHER_URL });
    await ports.records.put(KEYS.active(id, 2), { v: 1, at: toIso(NOW) }, 'absent');
    await reconcile(ports, { transferId: id, run: 2 }, { now: false }, never);
    expect(await markers(ports)).not.toContain(`active/${id}/2`);
    expect(await ports.secrets.unseal(id, 1)).toBeUndefined();
    expect(await ports.secrets.unseal(id, 3)).toEqual({ url: OTHER_URL });
  });
});
