import { expect, it } from 'vitest';
import type { Destination } from '../../lib/destinations/destination.ts';
import { runStream } from '../../lib/pipeline/plan/run-stream.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import type { ByteReader } from '../../lib/values/bytes.ts';
import { accepted, SNAPSHOT } from '../support/a-transfer.ts';
import { stillPorts } from '../support/still-ports.ts';

const LIFE_MS = 600_000;
const PARTS = 5;

/** A stream of five parts, each of which takes so long; how many of them were sent, and what became of it. */
async function streamed(partMs: number) {
  let sent = 0;
  const partial: Partial<Destination> = {
    limits: { maxPieces: 10_000, minPieceBytes: 1, maxPieceBytes: 100, maxObjectBytes: 10_000 },
    createUpload: ({ target, token }) => Promise.resolve({ target, token, id: 'u1' }),
    uploadPart(_, { number, sizeBytes }) {
      sent += 1;
      clock.now += partMs;
      return Promise.resolve({ number, sizeBytes });
    },
  };
  const destination = partial as Destination;
  const { ports: still, clock } = stillPorts(destination);
  const ports = { ...still, policy: { ...still.policy, streamLifeMs: LIFE_MS, recordCacheMs: 100 * LIFE_MS } };
  const { rev: _, writeId: __, ...fresh } = accepted();
  const loaded = await createTransfer(ports, { ...fresh, status: 'planning', planId: 'plan1' });
  const { sizeBytes: ___, ...snapshot } = SNAPSHOT;
  let left = PARTS * 4;
  const body: ByteReader = {
    read(into) {
      const count = Math.min(into.length, left);
      left -= count;
      return Promise.resolve(count);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const probe = { snapshot, body, bodyIsWhole: true, finalUrl: 'https://origin.example/file', ...body };
  const { signal } = new AbortController();
  const planning = {
    ports,
    loaded,
    planId: 'plan1',
    intent: { isRecorded: true, mayHaveUpload: false },
    destination,
    probe,
    digests: {},
  };
  const outcome = runStream({ ...planning, signal }, { mode: 'stream', pieceSizeBytes: 4 });
  return {
    error: await outcome.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
    sent,
  };
}

it('a stream within the life of its worker is sent to its end', async () => {
  expect(await streamed(1_000)).toEqual({ error: undefined, sent: PARTS });
});

it('one that outlives its worker is ended between two parts', async () => {
  const { error, sent } = await streamed(LIFE_MS / 2);
  expect(error).toMatchObject({ code: 'DeadlineExceeded' });
  expect(sent).toBe(2);
});
