import { describe, expect, it } from 'vitest';
import { advance } from '../../lib/pipeline/advance/advance.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import { hostOf, KEYS } from '../../lib/records/records.ts';
import { leasesDue, withLeases } from '../../lib/transfer/decide/sharing/leases.ts';
import { LEASE_MS } from '../../lib/transfer/decide/sharing/shares.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { ownerMark } from '../../lib/values/text/owner-name.ts';
import { toIso } from '../../lib/values/time.ts';
import { accepted, NOW, transferring } from '../support/a-transfer.ts';
import { stillPorts } from '../support/still-ports.ts';

const never = new AbortController().signal;
const MINUTE_MS = 60_000;
const sharer = (leftMs: number, places = 4) => ({ places, since: toIso(NOW), until: toIso(NOW + leftMs) });

describe('the leases of those who share a host', () => {
  it('are renewed by the first of them by name, once a third of their time is over', () => {
    const sharers = { a: sharer(LEASE_MS), b: sharer(3 * MINUTE_MS), c: sharer(LEASE_MS) };
    expect(leasesDue(sharers, 'a', NOW)).toEqual(['b']);
    expect(leasesDue(sharers, 'b', NOW + 2 * MINUTE_MS)).toEqual([]);
    expect(leasesDue(sharers, 'other', NOW)).toEqual([]);
    expect(leasesDue({ a: sharer(0), b: sharer(LEASE_MS) }, 'a', NOW)).toEqual([]);
  });

  it('are left alone where another was faster', () => {
    const sharers = { a: sharer(LEASE_MS), b: sharer(MINUTE_MS), c: sharer(LEASE_MS), d: sharer(MINUTE_MS) };
    const asked = { atWork: ['a', 'b'], gone: ['c', 'd'] };
    expect(withLeases(sharers, asked, NOW)).toEqual({ a: sharer(LEASE_MS), b: sharer(LEASE_MS), c: sharer(LEASE_MS) });
    expect(withLeases(sharers, { atWork: ['a'], gone: ['c'] }, NOW)).toBeUndefined();
  });
});

describe('a tick of many transfers of one host', () => {
  async function bench(records: readonly TransferRecord[], minutes: number) {
    const { ports: still, clock } = stillPorts();
    let written = 0;
    const ports: typeof still = {
      ...still,
      policy: { ...still.policy, hostCeiling: 16, isTicked: true },
      records: {
        ...still.records,
        async put(key, value, on) {
          if (key.path.startsWith('hosts/')) written += 1;
          return await still.records.put(key, value, on);
        },
      },
    };
    for (const { rev: _, writeId: __, ...record } of records) await createTransfer(ports, record);
    const host = KEYS.host(hostOf(transferring().request.source.url));
    const sharers = Object.fromEntries(
      records.map(({ id, owner }) => [id, { ...sharer(LEASE_MS, 1), owner: ownerMark(owner) }]),
    );
    await still.records.put(host, { v: 1, sharers }, 'absent');
    clock.now = NOW + minutes * MINUTE_MS;
    const tick = async (...ids: readonly string[]) => {
      for (const id of ids) await advance(ports, id, [{ kind: 'tick' }], never);
    };
    const left = async () => {
      const entry = (await still.records.get(host))?.value;
      return Object.entries(entry?.sharers ?? {}).map(([id, { until }]) => [id, Date.parse(until) - clock.now]);
    };
    return { tick, left, written: () => written };
  }
  // What is on its way holds the one place of each.
  const atWork = (id: string, more: Partial<TransferRecord> = {}) =>
    transferring({
      id,
      cursor: 2,
      request: { ...transferring().request, options: { ...transferring().request.options, parallelism: 1 } },
      quietUntil: toIso(NOW + 3_600_000),
      ...more,
    });

  // Its upload is held.
  const ended: Partial<TransferRecord> = {
    status: 'failed',
    reason: { code: 'SourceReset', message: 'broken off' },
    announced: true,
    endedAt: toIso(NOW),
    heldUntil: toIso(NOW + 3_600_000),
  };

  it('renews all leases with one write, and takes out who ended and whose leave was lost', async () => {
    const records = [atWork('a'), atWork('b'), atWork('c', ended), { ...accepted(), id: 'd' }, atWork('e')];
    const { tick, left, written } = await bench(records, 2);
    await tick('a', 'b', 'e');
    expect(written()).toBe(1);
    // Of what is planned anew nothing is known: its lease goes on as it was.
    expect(await left()).toEqual([
      ['a', LEASE_MS],
      ['b', LEASE_MS],
      ['d', 3 * MINUTE_MS],
      ['e', LEASE_MS],
    ]);
  });

  it('has each renew its own where the first does not', async () => {
    const { tick, left } = await bench([atWork('a', ended), atWork('b')], 3);
    await tick('a', 'b');
    expect(await left()).toContainEqual(['b', LEASE_MS]);
  });
});
