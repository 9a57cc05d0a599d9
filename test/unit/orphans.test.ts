import { describe, expect, it } from 'vitest';
import type { Destination, OpenUpload } from '../../lib/destinations/destination.ts';
import { stagingOf } from '../../lib/destinations/s3/locator.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { orphanStep } from '../../lib/pipeline/settle/orphans.ts';
import { markActive } from '../../lib/pipeline/shared/markers.ts';
import { createTransfer, loadTransfer } from '../../lib/pipeline/shared/store.ts';
import type { S3Locator } from '../../lib/s3/client.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { toIso } from '../../lib/values/time.ts';
import { accepted, NOW, transferring } from '../support/a-transfer.ts';
import { identityOf } from '../support/places.ts';
import { HOUR_MS, stillPorts } from '../support/still-ports.ts';

const never = new AbortController().signal;
const INTENT = { planId: 'plan1', at: toIso(NOW) };
/** `orphanAgeMs` and the life of a planner after the intent. */
const LATER = NOW + HOUR_MS + 600_000;

interface Open extends OpenUpload {
  readonly parts?: number;
  readonly staged?: boolean;
}

/** A destination that has these uploads open, and notes what is aborted. */
function withUploads(...uploads: readonly Open[]) {
  const aborted: string[] = [];
  const unasked = () => {
    throw new Error('nothing is proved here');
  };
  const partial: Partial<Destination> = {
    proof: {
      kind: 'staging',
      locate: (target, transferId) => stagingOf(target as S3Locator, transferId),
      read: unasked,
      promote: unasked,
      delete: unasked,
    },
    listUploads(target) {
      const isStaged = identityOf(target).includes('.piecework-');
      return Promise.resolve(uploads.filter(({ staged = false }) => staged === isStaged));
    },
    listParts({ id }) {
      const count = uploads.find((upload) => upload.id === id)?.parts ?? 0;
      return Promise.resolve({
        parts: Array.from({ length: count }, (_, index) => ({ number: index + 1, sizeBytes: 10 })),
      });
    },
    abortUpload({ id }) {
      aborted.push(id);
      return Promise.resolve();
    },
  };
  return { destination: partial as Destination, aborted };
}

async function look(over: Partial<TransferRecord>, uploads: readonly Open[], others: readonly TransferRecord[] = []) {
  const { destination, aborted } = withUploads(...uploads);
  const { ports, clock } = stillPorts(destination);
  const { rev: _, writeId: __, ...fresh } = { ...accepted(), creating: [INTENT], ...over };
  const loaded = await createTransfer(ports, fresh);
  for (const { rev: ___, writeId: ____, ...other } of others) {
    await createTransfer(ports, other);
    await markActive(ports, other.id, other.run);
  }
  clock.now = LATER;
  const intent = loaded.record.creating[0];
  if (intent === undefined) throw new Error('no intent');
  const step = await orphanStep(ports, loaded, intent, destination, never);
  return { step, aborted, after: (await loadTransfer(ports, loaded.record.id))?.record };
}

const at = (afterMs: number) => toIso(NOW + afterMs);

describe('an intent whose Create got no answer (protocol §6)', () => {
  it('is left alone until its planner is dead and its upload old', async () => {
    const { destination, aborted } = withUploads({ id: 'u1', initiatedAt: at(0) });
    const { ports, clock } = stillPorts(destination);
    const loaded = await createTransfer(ports, { ...accepted(), creating: [INTENT] });
    clock.now = LATER - 1;
    expect(await orphanStep(ports, loaded, INTENT, destination, never)).toEqual({ waitMs: 1 });
    expect(aborted).toEqual([]);
  });

  describe('of a planner that is known to be dead', () => {
    const DEAD_MS = 60_000;

    async function soon(over: Partial<TransferRecord>, uploads: readonly Open[], ms = DEAD_MS) {
      const { destination, aborted } = withUploads(...uploads);
      const { ports, clock } = stillPorts(destination);
      const local = { ...ports, policy: { ...ports.policy, deadCreateMs: DEAD_MS } };
      const { rev: _, writeId: __, ...fresh } = { ...accepted(), creating: [INTENT], ...over };
      const loaded = await createTransfer(local, fresh);
      clock.now = NOW + ms;
      const step = await orphanStep(local, loaded, INTENT_OF(loaded.record), destination, never);
      return { step, aborted, left: (await loadTransfer(local, loaded.record.id))?.record.creating.length };
    }

    const INTENT_OF = ({ creating: [intent = INTENT] }: TransferRecord) => intent;
    const waitMs = LATER - NOW - DEAD_MS;

    it('is forgotten as soon as its Create has arrived, or never will', async () => {
      expect(await soon({}, [], DEAD_MS - 1)).toEqual({ step: { waitMs: 1 }, aborted: [], left: 1 });
      expect(await soon({}, [])).toEqual({ step: 'again', aborted: [], left: 0 });
    });

    it('has its upload aborted as soon, where that carries its token', async () => {
      const tokens = ['01TRANSFER.plan1', '01OTHER.plan1'].map((token, at) => ({ id: `u${at}`, token }));
      expect(await soon({}, tokens)).toEqual({ step: 'again', aborted: ['u0'], left: 0 });
    });

    it('waits where another could have begun what is there', async () => {
      expect(await soon({}, [{ id: 'u1', initiatedAt: at(5) }])).toEqual({ step: { waitMs }, aborted: [], left: 1 });
    });

    it.each(['planning', 'finalizing'] as const)(
      'waits while its own plan is %s: it may be carried out',
      async (status) => {
        const uploads = [{ id: 'u1', token: '01TRANSFER.plan1' }];
        expect(await soon({ status, planId: 'plan1' }, uploads)).toEqual({ step: { waitMs }, aborted: [], left: 1 });
        const ended = await soon({ status: 'failed', planId: 'plan1' }, uploads);
        expect(ended).toEqual({ step: 'again', aborted: ['u1'], left: 0 });
      },
    );

    it('waits where uploads can not be listed', async () => {
      const { ports, clock } = stillPorts();
      const local = { ...ports, policy: { ...ports.policy, deadCreateMs: DEAD_MS } };
      const loaded = await createTransfer(local, { ...accepted(), creating: [INTENT] });
      const denied: Partial<Destination> = {
        proof: { kind: 'none' },
        listUploads: () => Promise.reject(new PieceworkError('DestinationDenied', '403')),
      };
      const step = () => orphanStep(local, loaded, INTENT, denied as Destination, never);
      clock.now = NOW + DEAD_MS;
      expect(await step()).toEqual({ waitMs });
      clock.now = LATER;
      await expect(step()).rejects.toMatchObject({ code: 'DestinationDenied' });
    });
  });

  it('has its upload aborted, at the key and at the staging key, and leaves the record', async () => {
    const { step, aborted, after } = await look({}, [
      { id: 'u1', initiatedAt: at(5_000) },
      { id: 'u2', initiatedAt: at(5_000), staged: true },
    ]);
    expect({ step, aborted }).toEqual({ step: 'again', aborted: ['u1', 'u2'] });
    expect(after?.creating).toEqual([]);
  });

  it('leaves the record too where nothing is found', async () => {
    expect((await look({}, [])).after?.creating).toEqual([]);
  });

  it('leaves other intents in the record', async () => {
    const other = { planId: 'plan2', at: at(1) };
    expect((await look({ creating: [INTENT, other] }, [])).after?.creating).toEqual([other]);
  });

  it.each<readonly [string, Open]>([
    ['that has parts', { id: 'u1', initiatedAt: at(0), parts: 1 }],
    ['begun before it', { id: 'u1', initiatedAt: at(-300_001) }],
    ['begun when its planner was dead', { id: 'u1', initiatedAt: at(900_001) }],
    ['of which nothing is told', { id: 'u1' }],
    ['with the token of another', { id: 'u1', initiatedAt: at(0), token: '01OTHER.plan1' }],
  ])('touches no upload %s', async (_, upload) => {
    expect((await look({}, [upload])).aborted).toEqual([]);
  });

  it('knows its own by the token, where that is told, whenever it was begun', async () => {
    expect((await look({}, [{ id: 'u1', token: '01TRANSFER.plan1' }])).aborted).toEqual(['u1']);
  });

  it.each<readonly [string, Partial<TransferRecord>]>([
    ['uses', { upload: { id: 'u1', token: '01TRANSFER.plan0' } }],
    ['aborts by itself', { toAbort: [{ upload: { id: 'u1', token: '01TRANSFER.plan0' } }] }],
  ])('touches no upload that its own transfer %s', async (_, over) => {
    expect((await look(over, [{ id: 'u1', initiatedAt: at(0) }])).aborted).toEqual([]);
  });

  it('touches no upload that another transfer to the same key holds, without a part as yet', async () => {
    const other = transferring({ id: '01OTHER', status: 'failed', upload: { id: 'u1', token: '01OTHER.plan1' } });
    expect((await look({}, [{ id: 'u1', initiatedAt: at(0) }], [other])).aborted).toEqual([]);
  });
});
