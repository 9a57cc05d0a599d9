import { describe, expect, it } from 'vitest';
import { allowedDestinations } from '../../lib/aws/destinations.ts';
import { s3Destination } from '../../lib/destinations/s3/destination.ts';
import { cancel } from '../../lib/pipeline/requests/cancel.ts';
import { markActive } from '../../lib/pipeline/shared/markers.ts';
import { createTransfer, loadTransfer } from '../../lib/pipeline/shared/store.ts';
import { reconcile } from '../../lib/pipeline/upkeep/reconcile.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { transferring } from '../support/a-transfer.ts';
import { stillPorts } from '../support/still-ports.ts';

const never = new AbortController().signal;
const MINUTE_MS = 60_000;

/** A transfer to a bucket that is not among the deployment's any more, and the schedule that ticks it. */
async function bench(record: TransferRecord) {
  const { ports: still, clock, events } = stillPorts();
  const ports = {
    ...still,
    destinations: allowedDestinations([s3Destination()], [{ bucket: 'other', prefix: 'in/' }]),
    policy: { ...still.policy, isTicked: true },
  };
  const { rev: _, writeId: __, ...fresh } = record;
  await createTransfer(ports, fresh);
  await markActive(ports, record.id, 1);
  const markers = async () => (await ports.records.list('active/')).paths;
  return {
    ports,
    events,
    markers,
    now: async () => (await loadTransfer(ports, record.id))?.record,
    async tick(minutes: number) {
      for (let minute = 0; minute < minutes && (await markers()).length > 0; minute += 1) {
        clock.now += MINUTE_MS;
        await reconcile(ports, { transferId: record.id, run: 1 }, { now: false }, never).catch(() => undefined);
      }
    },
  };
}

const LEFT = {
  type: 'left',
  transferId: '01TRANSFER',
  what: 'upload',
  target: 's3://bucket/key',
  uploadId: 'upload1',
  reason: expect.objectContaining({ code: 'DestinationWithdrawn' }),
};

describe('a destination that is taken out of the deployment under a transfer', () => {
  it('ends it once it is quiet, by name; its upload is named to the operator after its hold', async () => {
    const { now, tick, events, markers } = await bench(transferring());
    await tick(10);
    expect(await now()).toMatchObject({
      status: 'failed',
      reason: {
        code: 'DestinationWithdrawn',
        message:
          's3://bucket/key is not among the destinations of this deployment any more (s3://other/in/); put it back and retry the transfer',
      },
    });
    await tick(49);
    expect(events.filter(({ type }) => type === 'left')).toEqual([]);
    await tick(70);
    expect(events.filter(({ type }) => type === 'left')).toEqual([LEFT]);
    expect([await markers(), (await now())?.toAbort]).toEqual([[], []]);
  });

  it('a cancelled one: the same, half an hour after its end at most', async () => {
    const { ports, now, tick, events, markers } = await bench(transferring());
    await cancel({ ...ports, policy: { ...ports.policy, settlesElsewhere: true } }, '01TRANSFER', never);
    await tick(30);
    expect(await now()).toMatchObject({ status: 'cancelled', announced: true });
    expect(events.filter(({ type }) => type === 'left')).toEqual([LEFT]);
    expect(await markers()).toEqual([]);
  });

  it('one that is about to complete ends too: whether its object is there, nothing can tell', async () => {
    const { now, tick, events, markers } = await bench(
      transferring({
        status: 'finalizing',
        cursor: 11,
        ending: { to: 'failed', reason: { code: 'DestinationDenied', message: 'denied' } },
      }),
    );
    await tick(180);
    expect((await now())?.reason?.code).toBe('OutcomeUnknown');
    expect(events.filter(({ type }) => type === 'left')).toEqual([LEFT]);
    expect(await markers()).toEqual([]);
  });

  it('what is no place of any deployment is refused as ever', async () => {
    const { ports } = await bench(transferring());
    expect(() => ports.destinations({ kind: 'file', path: '/tmp/x' })).toThrow('not among the destinations');
  });
});
