import { writeCondition } from '../../destinations/destination.ts';
import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { crc32 } from '../../integrity/crc32.ts';
import { sequentialHasher } from '../../integrity/hasher.ts';
import type { Input } from '../../transfer/decide/decision.ts';
import type { DigestAlgorithm } from '../../transfer/digests.ts';
import type { SinglePlan } from '../../transfer/plan/plan.ts';
import { beginSingle } from '../../transfer/record/transitions.ts';
import { advance } from '../advance/advance.ts';
import { inTime } from '../shared/bodies/in-time.ts';
import { finishedResult } from '../shared/object/finished-result.ts';
import { objectSpec, proveDigests, unexpectedSize } from '../shared/object/object-spec.ts';
import { ourObjectAfterFailure } from '../shared/object/our-object.ts';
import { saysNo } from '../shared/refusal.ts';
import { expectEnd, fill } from '../shared/windows.ts';
import type { PlanningWork } from './planning-work.ts';
import { storePlan } from './planning-work.ts';

/** Whatever fits one window is stored with a single put, from the body that the probe has in hand. */
export async function putSingle(work: PlanningWork, plan: SinglePlan): Promise<void> {
  const { ports, loaded, probe, signal } = work;
  using window = await ports.windows.borrow(signal);
  const bytes = window.bytes.subarray(0, plan.sizeBytes);
  const body = inTime(probe.body, {
    url: loaded.record.request.source.url,
    sizeBytes: plan.sizeBytes,
    leastBytes: plan.sizeBytes,
    startedAt: ports.clock.now(),
    lifeMs: ports.policy.streamLifeMs,
    clock: ports.clock,
  });
  if ((await fill(body, bytes)) < plan.sizeBytes || !probe.bodyIsWhole) {
    throw new PieceworkError('BodyShort', `${probe.finalUrl} promised ${plan.sizeBytes} bytes and gave fewer`);
  }
  await expectEnd(probe.body);
  await putWhole(work, plan, bytes);
}

/**
 * Proves the bytes, then stores them. The record says `finalizing`, with our token, before the put is sent:
 * whatever happens to its answer, a head tells whether the object is ours (protocol §5). A put that was
 * refused leaves nothing to ask for.
 */
export async function putWhole(work: PlanningWork, plan: SinglePlan, bytes: Uint8Array): Promise<void> {
  const { ports, loaded, planId, destination, probe, digests, signal } = work;
  // All of it is here: its connection may serve others while it is put.
  if (ports.policy.countsConnections === true) await probe[Symbol.asyncDispose]();
  const { request } = loaded.record;
  const { sizeBytes } = request.options.expect;
  if (sizeBytes !== undefined && sizeBytes !== bytes.length)
    throw unexpectedSize(request.source.url, bytes.length, sizeBytes, probe.snapshot.contentType);
  const hasher = sequentialHasher(Object.keys(digests) as DigestAlgorithm[]);
  hasher.update(bytes);
  const proved = proveDigests(request.source.url, digests, hasher.digests());
  const quietUntil = ports.clock.now() + ports.policy.decide.quietMs;
  const begun = await storePlan(work, (current) =>
    beginSingle(current, planId, { plan, snapshot: probe.snapshot, proved, quietUntil }),
  );
  const { record } = begun;
  await ports.events.emit({
    type: 'planned',
    transferId: record.id,
    plan,
    snapshot: probe.snapshot,
    doneThrough: 0,
    done: [],
  });
  const checksum = crc32(bytes);
  const object = objectSpec(record, planId, probe.snapshot, plan, request.destination);
  let isStored = false;
  try {
    const body = { kind: 'whole', bytes, crc32: checksum } as const;
    const stored = await destination.putObject(object, bytes.length, body, writeCondition(request.options.ifExists), {
      signal,
    });
    isStored = true;
    await ports.events.emit({
      type: 'piece.done',
      transferId: record.id,
      pieceNumber: 1,
      bytes: bytes.length,
      elapsedMs: 0,
    });
    await advance(
      ports,
      record.id,
      [{ kind: 'finished', planId, result: finishedResult(record, stored, checksum, proved) }],
      signal,
      begun,
    );
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asPieceworkError(thrown);
    const isRefused = !isStored && saysNo(error);
    const ours = isRefused ? undefined : await ourObjectAfterFailure(ports, record, signal);
    const input: Input =
      ours !== undefined
        ? { kind: 'finished', planId, result: finishedResult(record, ours, checksum, proved) }
        : { kind: 'unfinished', planId, error: toErrorRecord(error), ...(isRefused ? { isRefused } : {}) };
    await advance(ports, record.id, [input], signal);
  }
}
