import { describe, expect, it } from 'vitest';
import type { Destination } from '../../lib/destinations/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { advance } from '../../lib/pipeline/advance/advance.ts';
import { lookAtHost, takePlaces } from '../../lib/pipeline/shared/hosts/look.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import { hostOf, KEYS } from '../../lib/records/records.ts';
import { LEASE_MS } from '../../lib/transfer/decide/sharing/shares.ts';
import { toIso } from '../../lib/values/time.ts';
import { failedWith, NOW, transferring } from '../support/a-transfer.ts';
import { stillPorts } from '../support/still-ports.ts';

const REFUSED = failedWith('SourceBusy', 2);
const never = new AbortController().signal;

/** A transfer in pieces whose swaps are lost so many times; what was written, in order. */
async function bench(lostSwaps: number) {
  const partial: Partial<Destination> = { listParts: () => Promise.resolve({ parts: [] }) };
  const { ports: still } = stillPorts(partial as Destination);
  const mine = { places: 8, since: toIso(NOW), until: toIso(NOW + LEASE_MS) };
  await still.records.put(KEYS.host('origin.example'), { v: 1, sharers: { '01TRANSFER': mine } }, 'absent');
  const { rev: _, writeId: __, ...fresh } = transferring();
  const { record } = await createTransfer(still, fresh);
  const written: string[] = [];
  let lost = 0;
  const records: typeof still.records = {
    ...still.records,
    async put(key, value, on) {
      if (key.path.startsWith('transfers/') && lost < lostSwaps) {
        lost += 1;
        throw new PieceworkError('Conflict', 'somebody was faster');
      }
      written.push(key.path.split('/')[0] ?? '');
      return await still.records.put(key, value, on);
    },
  };
  const ports = { ...still, records, policy: { ...still.policy, hostCeiling: 8 } };
  const entry = async () => (await ports.records.get(KEYS.host(hostOf(record.request.source.url))))?.value;
  return { ports, record, written, entry };
}

describe('what the results say of a host', () => {
  it('is learned once, after the swap, however often that was lost before', async () => {
    const { ports, record, written, entry } = await bench(2);
    await advance(ports, record.id, [REFUSED], never);
    expect(written).toEqual(['transfers', 'hosts']);
    expect(await entry()).toMatchObject({ ceiling: 4 });
  });

  it('is not learned from a decision that was never stored', async () => {
    const { ports, record, written } = await bench(4);
    await expect(advance(ports, record.id, [REFUSED], never)).rejects.toMatchObject({ code: 'Conflict' });
    expect(written).toEqual([]);
  });

  it('counts for the decision itself, which only reads', async () => {
    const { ports, record, written } = await bench(0);
    expect(await lookAtHost(ports, record, { inputs: [], piecesLeft: 10 })).toMatchObject({
      facts: { places: 8 },
      hasNews: false,
    });
    expect(await lookAtHost(ports, record, { inputs: [REFUSED], piecesLeft: 10 })).toMatchObject({
      facts: { places: 4 },
      hasNews: true,
    });
    expect(written).toEqual([]);
  });
});

describe('places at a host', () => {
  const key = KEYS.host('origin.example');
  const wanted = { inputs: [], piecesLeft: 10 };

  it('are written down before they are used, beside those of others', async () => {
    const { ports, record, written, entry } = await bench(0);
    const other = { ...record, id: 'other' };
    expect((await takePlaces(ports, other, wanted, never)).facts).toEqual({ places: 0 });
    expect(written).toEqual(['hosts']);
    expect((await entry())?.sharers).toMatchObject({ '01TRANSFER': { places: 8 }, other: { places: 0 } });
  });

  it('are no more than it has, where every write is lost', async () => {
    const { ports, record } = await bench(0);
    const put = () => Promise.reject(new PieceworkError('Conflict', 'another writer was faster'));
    const racing = {
      ...ports,
      records: { ...ports.records, put },
      clock: { ...ports.clock, sleep: async () => undefined },
    };
    expect((await takePlaces(racing, { ...record, id: 'other' }, wanted, never)).facts).toEqual({ places: 0 });
  });

  it('do not depend on entries of the older form, where transfers stood up to their deadline', async () => {
    const { ports, record, entry } = await bench(0);
    const there = await ports.records.get(key);
    const old = { v: 1, ceiling: 8, transfers: { ghost: record.deadlineAt, other: record.deadlineAt } } as const;
    await ports.records.put(key, old, there?.version ?? 'absent');
    expect((await takePlaces(ports, record, wanted, never)).facts).toEqual({ places: 8 });
    expect(await entry()).toEqual({ v: 1, ceiling: expect.any(Number), sharers: { '01TRANSFER': expect.anything() } });
  });

  it('are given back when no piece is left to fetch', async () => {
    const { ports, record, entry } = await bench(0);
    const partOf = (number: number) => ({ number, sizeBytes: 10, crc32: 1 });
    const all = Array.from({ length: 10 }, (_, index) => partOf(index + 1));
    const destination = { ...ports.destinations(record.request.destination), listParts: async () => ({ parts: all }) };
    await advance({ ...ports, destinations: () => destination }, record.id, [{ kind: 'tick', now: true }], never);
    expect((await entry())?.sharers).toEqual({});
  });
});
