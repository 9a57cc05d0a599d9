import { PieceworkError } from '../../errors/error.ts';
import { sequentialHasher } from '../../integrity/hasher.ts';
import type { DigestAlgorithm } from '../../transfer/digests.ts';
import type { StreamPlan } from '../../transfer/plan/plan.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOneStream, sealedRunOf } from '../../transfer/record/record.ts';
import type { BeingPlanned, Transferring } from '../../transfer/record/states.ts';
import { adoptPlan } from '../../transfer/record/transitions.ts';
import { giveUpUpload } from '../../transfer/record/transitions-uploads.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import type { ByteReader } from '../../values/bytes.ts';
import { formatBytes } from '../../values/units.ts';
import { sameVersion } from '../../values/web/validator.ts';
import { advance } from '../advance/advance.ts';
import { carryOut } from '../advance/carry-out.ts';
import { continuedProbe } from '../shared/bodies/continued-probe.ts';
import { proveDigests, unexpectedSize } from '../shared/object/object-spec.ts';
import { checkEnd, endWarning } from '../shared/object/proved-end.ts';
import { fill } from '../shared/windows.ts';
import type { PlanningWork } from './planning-work.ts';
import { createUpload, saveOrAbort } from './planning-work.ts';
import { withWarning } from './probe-source.ts';
import { putWhole } from './put-single.ts';
import { sendParts } from './send-parts.ts';
import { isProvablySame } from './start-pieces.ts';

/**
 * One connection, read in order and cut into parts as it comes, for sources without ranges or without a length.
 * The parts go into an upload like any other, so proof, completion and clean-up are the same as for pieces.
 */
export async function runStream(work: PlanningWork, plan: StreamPlan): Promise<void> {
  const { ports, loaded, probe, signal } = work;
  if (probe.bodyIsWhole) return await streamBody(work, plan, probe.body);
  const locator = await ports.secrets.unseal(loaded.record.id, sealedRunOf(loaded.record));
  if (locator === undefined) throw new PieceworkError('Internal', 'the sealed source vanished during planning');
  await probe[Symbol.asyncDispose]();
  const found = await ports.sources(locator.url).probe(locator, 'all', { signal });
  const mayGoOn = probe.snapshot.ranges && isProvablySame(probe.snapshot, found.snapshot);
  await using whole = continuedProbe(ports, loaded.record, locator, found, mayGoOn, signal);
  const { request } = loaded.record;
  checkEnd(request, whole.snapshot);
  const seen = withWarning(whole, endWarning(request, whole.snapshot));
  await streamBody({ ...work, probe: seen }, plan, seen.body);
}

async function streamBody(work: PlanningWork, plan: StreamPlan, body: ByteReader): Promise<void> {
  const { ports, loaded, digests, signal } = work;
  using slab = await ports.windows.borrowAll(signal);
  if (plan.pieceSizeBytes > slab.bytes.length && plan.sizeBytes === undefined) {
    throw new PieceworkError(
      'PieceSizeOutOfLimits',
      `${loaded.record.request.source.url} does not say how long it is, so each piece must fit into memory before it is sent: ` +
        `pieces of ${formatBytes(plan.pieceSizeBytes)} do not, ${formatBytes(slab.bytes.length)} do; give a smaller --piece-size`,
    );
  }
  // Before anything is created: what ends within the first part needs no upload.
  const first = Math.min(plan.pieceSizeBytes, slab.bytes.length);
  const inHandBytes = await fill(body, slab.bytes.subarray(0, first));
  if (inHandBytes < first) {
    checkKnownSize(loaded.record, work.probe.snapshot, inHandBytes);
    return await putWhole(work, { mode: 'single', sizeBytes: inHandBytes }, slab.bytes.subarray(0, inHandBytes));
  }

  const record = await adoptStream(work, plan);
  const hasher = sequentialHasher(Object.keys(digests) as DigestAlgorithm[]);
  const sent = await sendParts(work, { record, slab, inHandBytes, body, onBytes: (bytes) => hasher.update(bytes) });
  const { sizeBytes } = record.request.options.expect;
  if (sizeBytes !== undefined && sent.sizeBytes !== sizeBytes)
    throw unexpectedSize(record.request.source.url, sent.sizeBytes, sizeBytes, record.snapshot.contentType);
  checkKnownSize(loaded.record, record.snapshot, sent.sizeBytes);
  const proved = proveDigests(record.request.source.url, digests, hasher.digests());
  const whole: StreamPlan = { ...plan, sizeBytes: sent.sizeBytes, pieceCount: sent.pieceCount };
  await advance(ports, loaded.record.id, [{ kind: 'streamed', planId: work.planId, plan: whole, proved }], signal);
}

/**
 * An answer in place of ranges may not say how long it is: then it is as long as this version was said to be.
 * @throws PieceworkError `BodyShort`, `BodyLong`.
 */
function checkKnownSize(before: TransferRecord, { sizeBytes, validator }: Snapshot, cameBytes: number): void {
  const was = before.versionBefore ?? before.snapshot;
  if (!isOneStream(before) || sizeBytes !== undefined || was?.sizeBytes === undefined) return;
  if (was.sizeBytes === cameBytes || was.validator.kind === 'none' || !sameVersion(was.validator, validator)) return;
  throw new PieceworkError(
    cameBytes < was.sizeBytes ? 'BodyShort' : 'BodyLong',
    `${before.request.source.url}: ${cameBytes} bytes came in one answer, and its ranges were of ${was.sizeBytes} bytes of the same version`,
  );
}

async function adoptStream(work: PlanningWork, plan: StreamPlan): Promise<Transferring<StreamPlan>> {
  const { ports, planId, probe, signal } = work;
  const upload = await createUpload(work, plan, { staged: false });
  const quietUntil = ports.clock.now() + ports.policy.decide.quietMs;
  const { snapshot } = probe;
  const adopt = (current: BeingPlanned) =>
    adoptPlan(giveUpUpload(current), { plan, planId, snapshot, upload, doneThrough: 0, quietUntil });
  const stored = await saveOrAbort(work, adopt, upload);
  await ports.events.emit({ type: 'planned', transferId: stored.record.id, plan, snapshot, doneThrough: 0, done: [] });
  await carryOut(ports, stored, stored.record.toAbort.length > 0 ? [{ kind: 'settle' }] : [], signal);
  return stored.record;
}
