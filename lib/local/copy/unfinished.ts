import { PieceworkError } from '../../errors/error.ts';
import { advance } from '../../pipeline/advance/advance.ts';
import { isProvablySame } from '../../pipeline/plan/start-pieces.ts';
import { transferStatus } from '../../pipeline/requests/query.ts';
import { asSecretAs, retry } from '../../pipeline/requests/retry.ts';
import { shownSource } from '../../pipeline/requests/shown-source.ts';
import { settle } from '../../pipeline/settle/settle.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadNarrowed, updateTransfer } from '../../pipeline/shared/store.ts';
import { uploadRef } from '../../pipeline/shared/upload-ref.ts';
import { KEYS } from '../../records/records.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver, isSettled, sealedRunOf } from '../../transfer/record/record.ts';
import { resumed } from '../../transfer/record/transitions-runs.ts';
import { giveUpUpload } from '../../transfer/record/transitions-uploads.ts';
import type { TransferRequest } from '../../transfer/request.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import { stated } from '../../values/stated.ts';
import { describeValidator } from '../../values/web/validator.ts';
import type { LastTransfer } from './last-transfer.ts';
import { lastTransferTo } from './last-transfer.ts';

/**
 * Also tidies up what the last transfer left that is not to be gone on with: the holder of the destination's lock
 * knows that no other process is at work on it.
 */
export async function findUnfinished(
  ports: Ports,
  destinationKey: string,
  signal: AbortSignal,
): Promise<TransferRecord | undefined> {
  const entry = await readable(() => ports.records.get(lastTransferTo(destinationKey)));
  if (entry === undefined) return undefined;
  const { transferId } = entry.value;
  const record = (await readable(() => loadNarrowed(ports, transferId)))?.record;
  if (record === undefined) {
    // Killed between marker and record.
    await ports.records.delete(KEYS.active(transferId, 1));
    return undefined;
  }
  if (!isOver(record) || (record.status === 'failed' && record.upload !== undefined)) return record;
  if (!isSettled(record)) await settleIfPossible(ports, record.id, signal);
  return undefined;
}

/** What can't be cleaned up now is no reason not to begin: `clean` says why. */
async function settleIfPossible(ports: Ports, transferId: string, signal: AbortSignal): Promise<void> {
  try {
    await settle(ports, transferId, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PieceworkError)) throw error;
  }
}

/** A record that can't be read was set aside, with a warning: as good as none. */
async function readable<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PieceworkError && error.code === 'RecordCorrupt') return undefined;
    throw error;
  }
}

/**
 * Before the transfer's own marker and record, so that a crash after any of them leaves what the next one
 * to the same destination finds.
 */
export async function remember(ports: Ports, destinationKey: string, transferId: string): Promise<void> {
  const key = lastTransferTo(destinationKey);
  const there = await readable(() => ports.records.get(key));
  const entry: LastTransfer = { v: 1, transferId, requestHash: destinationKey };
  await ports.records.put(key, entry, there?.version ?? 'absent');
}

/** Why an unfinished transfer is not gone on with; `undefined` when it is. */
export function difference(record: TransferRecord, snapshot: Snapshot): string | undefined {
  const before = record.snapshot;
  // It had not got as far as a plan: whatever is there now is what it is about.
  if (before === undefined || isProvablySame(before, snapshot)) return undefined;
  if (before.sizeBytes !== snapshot.sizeBytes) {
    return `the source had ${before.sizeBytes ?? 'an unknown number of'} bytes and has ${snapshot.sizeBytes ?? 'an unknown number'} now`;
  }
  if (snapshot.validator.kind === 'none')
    return 'the source offers no validator (ETag or Last-Modified), so nothing proves that it is still the same';
  return `the source's validator was ${describeValidator(before.validator)} and is ${describeValidator(snapshot.validator)} now`;
}

/** Why the destination can't say what it has of the transfer; `undefined` when it can. */
export async function whyUnlisted(
  ports: Ports,
  record: TransferRecord,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { plan, upload } = record;
  if (plan?.mode !== 'pieces' || upload === undefined) return undefined;
  const destination = ports.destinations(record.request.destination);
  try {
    // Past the last one: whether there is a list, and not what is in it.
    await destination.listParts(uploadRef(destination, record, upload), plan.pieceCount, { signal });
    return undefined;
  } catch (error) {
    if (error instanceof PieceworkError && error.code === 'DestinationUnsupported') return error.message;
    throw error;
  }
}

/** Gives the transfer up: its upload is aborted, its temporary files are deleted. */
export async function giveUp(
  ports: Ports,
  record: TransferRecord,
  because: string,
  signal: AbortSignal,
): Promise<void> {
  await ports.events.emit({ type: 'superseded', transferId: record.id, because });
  if (isOver(record)) {
    await updateTransfer(ports, record.id, (current) =>
      current.status === 'failed' ? giveUpUpload(current) : undefined,
    );
    await settle(ports, record.id, signal);
    return;
  }
  const reason = {
    code: 'Cancelled',
    message: `given up for a new transfer to the same destination: ${because}`,
  } as const;
  await advance(ports, record.id, [{ kind: 'cancel', reason }], signal);
}

/**
 * Sets an unfinished transfer going again in this process, with the source given anew: nothing of it is in flight
 * anywhere, so the ledger says all there is to know. Time counts only while it runs, so its deadline begins again.
 * @param locator stands in the record from now on, as far as it may be shown.
 * @param request holds from the first step on: a digest that is only now expected is proved as any other.
 */
export async function goOn(
  ports: Ports,
  record: TransferRecord,
  locator: SourceLocator,
  request: TransferRequest,
  signal: AbortSignal,
): Promise<void> {
  const source = asSecretAs(record, asSecretAs({ request }, locator));
  const shown = shownSource(source);
  if (record.status === 'failed') {
    await retry(ports, record.id, source, { request });
  } else {
    await ports.secrets.seal(record.id, sealedRunOf(record), source);
    const now = ports.clock.now();
    const asked = { ...request, source: shown };
    await updateTransfer(ports, record.id, (current) => (isOver(current) ? undefined : resumed(current, asked, now)));
  }
  const { pieces } = await transferStatus(ports, record.id, signal);
  await announceResume(ports, record, pieces, shown.url === record.request.source.url ? undefined : shown.url);
  if (record.status !== 'failed') await advance(ports, record.id, [{ kind: 'tick', now: true }], signal);
}

async function announceResume(
  ports: Ports,
  record: TransferRecord,
  pieces: Awaited<ReturnType<typeof transferStatus>>['pieces'],
  source: string | undefined,
): Promise<void> {
  const { plan, snapshot } = record;
  const pieceCount = pieces?.count ?? 0;
  await ports.events.emit({
    type: 'resuming',
    transferId: record.id,
    doneCount: pieces?.doneCount ?? 0,
    pieceCount,
    doneBytes: pieces?.doneBytes ?? 0,
    ...stated({ source }),
  });
  if (plan === undefined || snapshot === undefined || pieces === undefined || record.status === 'failed') return;
  const done = Array.from({ length: pieces.count }, (_, index) => index + 1).filter((number) => pieces.isDone(number));
  await ports.events.emit({ type: 'planned', transferId: record.id, plan, snapshot, doneThrough: 0, done });
}
