import type { Preferred } from '../../api/service/machine.ts';
import { shownSource } from '../../pipeline/requests/shown-source.ts';
import type { Submission } from '../../pipeline/requests/submit.ts';
import { submit, toRequest } from '../../pipeline/requests/submit.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import { KEYS } from '../../records/records.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver, isTombstone } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
import { requestNow, whyStartAnew } from '../copy/changed-request.ts';
import { findUnfinished, giveUp, goOn, remember, whyUnlisted } from '../copy/unfinished.ts';
import { withHooks } from '../copy/with-hooks.ts';
import { needsOf } from '../engine/engine.ts';
import type { Run } from '../engine/run.ts';
import type { Home } from '../home/home.ts';
import type { Background } from './background.ts';
import type { Queue } from './queue/queue.ts';

/**
 * Takes a transfer on for its place, which is locked from now on, and answers before it runs. An unfinished transfer to
 * the same place is given up; that of the same idempotency key is gone on with, if it does not run.
 * @throws PieceworkError `DestinationLocked`; `Conflict` when the idempotency key stands for another request.
 */
export function submitter(
  home: Home,
  looking: Ports,
  work: Background,
  queue: Queue,
): (submission: Submission, preferred?: Preferred, onRepeated?: () => void) => Promise<TransferRecord> {
  /** By idempotency key: a repetition looks when the first is recorded. */
  const underWay = new Map<string, Promise<TransferRecord>>();
  const take = (submission: Submission, preferred: Preferred, onRepeated: () => void) =>
    submitInBackground({ home, looking, work, queue }, submission, preferred, onRepeated);
  return async (submission, preferred = {}, onRepeated = () => {}) => {
    const key = submission.idempotency?.keyHash;
    if (key === undefined) return await take(submission, preferred, onRepeated);
    const before = underWay.get(key);
    const mine = (async () => {
      await before?.catch(() => {});
      return await take(submission, preferred, onRepeated);
    })();
    underWay.set(key, mine);
    try {
      return await mine;
    } finally {
      if (underWay.get(key) === mine) underWay.delete(key);
    }
  };
}

interface Taking {
  readonly home: Home;
  readonly looking: Ports;
  readonly work: Background;
  readonly queue: Queue;
}

async function submitInBackground(
  { home, looking, work, queue }: Taking,
  submission: Submission,
  preferred: Preferred,
  onRepeated: () => void,
): Promise<TransferRecord> {
  const { destination, source, options } = submission;
  const known = await findKnown(looking, submission);
  if (known !== undefined && !isTombstone(known)) {
    onRepeated();
    // Checks the request against the key's, too.
    const record = await submit(looking, submission);
    if (isOver(record) || (await home.locks.isHeld(destination))) return record;
  }
  const wanted = { needs: needsOf(destination, options, source.url), place: destination, source };
  return await work.start(wanted, async (run) =>
    known === undefined || isTombstone(known)
      ? await submitAnew(
          { home, queue },
          run,
          { ...submission, id: known?.id ?? run.ports.ids.ulid() },
          preferred,
          work.signal,
        )
      : await goOnWith(run, known, submission, work.signal),
  );
}

async function submitAnew(
  { home, queue }: Pick<Taking, 'home' | 'queue'>,
  { ports }: Run,
  submission: Submission & { readonly id: string },
  { paused = false, priority = 0, goOn: goOnWithIt = false }: Preferred,
  signal: AbortSignal,
): Promise<TransferRecord> {
  const key = home.locks.key(submission.destination);
  const unfinished = await findUnfinished(ports, key, signal);
  if (unfinished !== undefined && goOnWithIt) {
    const there = await unlessItDiffers(ports, unfinished, submission, signal);
    if (there !== undefined) {
      if (!paused) await queue.prefer(unfinished.id, { paused: undefined });
      return there;
    }
  }
  if (unfinished !== undefined && unfinished.id !== submission.id) {
    await giveUp(ports, unfinished, 'another transfer was submitted', signal);
    queue.forget(unfinished.id);
  }
  // Before its record: after a crash between the two, nothing runs that was to be paused.
  if (paused || priority !== 0)
    await queue.prefer(submission.id, {
      paused: paused ? true : undefined,
      priority: priority === 0 ? undefined : priority,
    });
  await remember(ports, key, submission.id);
  return await submit(ports, submission);
}

/** Goes on with an unfinished transfer of the same source; `undefined` = what is asked now can't be had of it. */
async function unlessItDiffers(
  ports: Ports,
  unfinished: TransferRecord,
  { source, destination, object, options, hooks }: Submission,
  signal: AbortSignal,
): Promise<TransferRecord | undefined> {
  const { request, snapshot, id } = unfinished;
  if (request.source.url !== shownSource(source).url) return undefined;
  const isPlanned = snapshot !== undefined;
  const asked = isPlanned
    ? requestNow(request, { source, object, options })
    : toRequest({ source, destination, object, options });
  if (isPlanned && whyStartAnew(unfinished, asked, ports.destinations(destination)) !== undefined) return undefined;
  if (isPlanned && (await whyUnlisted(ports, unfinished, signal)) !== undefined) return undefined;
  await goOn(ports, unfinished, source, await withHooks(ports, unfinished, asked, stated({ hooks })), signal);
  return (await loadTransfer(ports, id))?.record ?? unfinished;
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
