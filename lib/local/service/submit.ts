import type { Submission } from '../../pipeline/requests/submit.ts';
import { submit } from '../../pipeline/requests/submit.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import { KEYS } from '../../records/records.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver, isTombstone } from '../../transfer/record/record.ts';
import { findUnfinished, giveUp, goOn, remember } from '../copy/unfinished.ts';
import { needsOf } from '../engine/engine.ts';
import type { Run } from '../engine/run.ts';
import type { Home } from '../home/home.ts';
import type { Background } from './background.ts';

/**
 * Takes a transfer on for its place, which is locked from now on, and answers before it runs. An unfinished transfer to
 * the same place is given up; that of the same idempotency key is gone on with, if it does not run.
 * @throws PieceworkError `DestinationLocked`; `Conflict` when the idempotency key stands for another request.
 */
export function submitter(
  home: Home,
  looking: Ports,
  work: Background,
): (submission: Submission) => Promise<TransferRecord> {
  /** By idempotency key: a repetition looks when the first is recorded. */
  const underWay = new Map<string, Promise<TransferRecord>>();
  return async (submission) => {
    const key = submission.idempotency?.keyHash;
    if (key === undefined) return await submitInBackground(home, looking, work, submission);
    const before = underWay.get(key);
    const mine = (async () => {
      await before?.catch(() => {});
      return await submitInBackground(home, looking, work, submission);
    })();
    underWay.set(key, mine);
    try {
      return await mine;
    } finally {
      if (underWay.get(key) === mine) underWay.delete(key);
    }
  };
}

async function submitInBackground(
  home: Home,
  looking: Ports,
  work: Background,
  submission: Submission,
): Promise<TransferRecord> {
  const { destination, source, options } = submission;
  const known = await findKnown(looking, submission);
  if (known !== undefined && !isTombstone(known)) {
    // Checks the request against the key's, too.
    const record = await submit(looking, submission);
    if (isOver(record) || (await home.locks.isHeld(destination))) return record;
  }
  return await work.start(needsOf(destination, options, source.url), destination, async (run) =>
    known === undefined || isTombstone(known)
      ? await submitAnew(home, run, { ...submission, id: known?.id ?? run.ports.ids.ulid() }, work.signal)
      : await goOnWith(run, known, submission, work.signal),
  );
}

async function submitAnew(
  home: Home,
  { ports }: Run,
  submission: Submission & { readonly id: string },
  signal: AbortSignal,
): Promise<TransferRecord> {
  const key = home.locks.key(submission.destination);
  const unfinished = await findUnfinished(ports, key, signal);
  if (unfinished !== undefined && unfinished.id !== submission.id)
    await giveUp(ports, unfinished, 'another transfer was submitted', signal);
  await remember(ports, key, submission.id);
  return await submit(ports, submission);
}

async function goOnWith(
  { ports }: Run,
  known: TransferRecord,
  { source }: Submission,
  signal: AbortSignal,
): Promise<TransferRecord> {
  await goOn(ports, known, source, known.request, signal);
  return (await loadTransfer(ports, known.id))?.record ?? known;
}

/** The transfer of its idempotency key, once it was recorded. */
async function findKnown(ports: Ports, { idempotency }: Submission): Promise<TransferRecord | undefined> {
  if (idempotency === undefined) return undefined;
  const entry = await ports.records.get(KEYS.idempotency(idempotency.keyHash));
  return entry === undefined ? undefined : (await loadTransfer(ports, entry.value.transferId))?.record;
}
