import { describe, expect, it } from 'vitest';
import type { Destination } from '../../lib/destinations/destination.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { advance } from '../../lib/pipeline/advance/advance.ts';
import { lookAtHost, lookBeforeJoining } from '../../lib/pipeline/shared/hosts/look.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import { hostOf, KEYS } from '../../lib/records/records.ts';
import { failedWith, transferring } from '../support/a-transfer.ts';
import { stillPorts } from '../support/still-ports.ts';

const REFUSED = failedWith('SourceBusy', 2);
const never = new AbortController().signal;

/** A transfer in pieces whose swaps are lost so many times; what was written, in order. */
async function bench(lostSwaps: number) {
  const partial: Partial<Destination> = { listParts: () => Promise.resolve({ parts: [] }) };
  const { ports: still } = stillPorts(partial as Destination);
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
    expect(await lookAtHost(ports, record, [])).toEqual({ facts: { places: 8 }, hasNews: false });
    expect(await lookAtHost(ports, record, [REFUSED])).toEqual({ facts: { places: 4 }, hasNews: true });
    expect(written).toEqual([]);
  });

  it('is shared with those who are there already, by a transfer that is about to join', async () => {
    const { ports, record, written } = await bench(0);
    const key = KEYS.host(hostOf(record.request.source.url));
    await ports.records.put(key, { v: 1, ceiling: 8, transfers: { other: record.deadlineAt } }, 'absent');
    written.length = 0;
    expect(await lookBeforeJoining(ports, record)).toEqual({ places: 4 });
    expect(written).toEqual([]);
  });
});
