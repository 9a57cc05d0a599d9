import { expect, test } from 'vitest';
import type { Destination } from '../../lib/destinations/destination.ts';
import { settle } from '../../lib/pipeline/settle/settle.ts';
import { KEYS } from '../../lib/records/records.ts';
import { CANCELLED, transferring } from '../support/a-transfer.ts';
import { stillPorts } from '../support/still-ports.ts';

/** Its parts are listed again after so many aborts. */
function store(abortsNeeded: number) {
  let aborts = 0;
  const destination: Partial<Destination> = {
    describe: ({ kind }) => kind,
    head: async () => undefined,
    abortUpload: async () => {
      aborts += 1;
    },
    listParts: async () => (aborts >= abortsNeeded ? 'gone' : { parts: [] }),
  };
  return destination as Destination;
}

async function cancelledWhileFinalizing(abortsNeeded: number) {
  const { ports, clock } = stillPorts(store(abortsNeeded));
  const { id } = transferring();
  const ending = { to: 'cancelled', reason: CANCELLED } as const;
  await ports.records.put(KEYS.transfer(id), transferring({ status: 'finalizing', ending }), 'absent');
  const startedAt = clock.now;
  const look = async () => (await ports.records.get(KEYS.transfer(id)))?.value;
  for (let ticks = 0; ticks < 100; ticks += 1) {
    await settle(ports, id, new AbortController().signal);
    const record = await look();
    if (record?.status !== 'finalizing') return { record, minutes: (clock.now - startedAt) / 60_000 };
    clock.now += ports.policy.graceMs;
  }
  return { record: await look(), minutes: Number.POSITIVE_INFINITY };
}

test.each([1, 2, 3])('an upload that is gone after %i aborts holds the end back by as many graces', async (aborts) => {
  const { record, minutes } = await cancelledWhileFinalizing(aborts);
  expect(record).toMatchObject({ status: 'cancelled', toAbort: [] });
  expect(minutes).toBe(aborts);
});

test('a store that lists an aborted upload for ever holds no end back for ever: the upload is left to the clean-up', async () => {
  const { record, minutes } = await cancelledWhileFinalizing(Number.POSITIVE_INFINITY);
  expect(record).toMatchObject({ status: 'cancelled', toAbort: [{ upload: { id: 'upload1' } }] });
  // The patience with a proof is ten minutes, and begins when the abort is seen to have been in vain.
  expect(minutes).toBe(11);
});
