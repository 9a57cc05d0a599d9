import type { Destination } from '../../destinations/destination.ts';
import type { Digests } from '../../transfer/digests.ts';
import { sequentialDigests } from '../../transfer/digests.ts';
import type { PlanInput, PlanPolicy } from '../../transfer/plan/divide-pieces.ts';
import { dividePieces } from '../../transfer/plan/divide-pieces.ts';
import { msFor } from '../../transfer/plan/pace.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOneStream } from '../../transfer/record/record.ts';
import type { TransferOptions } from '../../transfer/request.ts';
import { stated } from '../../values/stated.ts';
import { wantedDigests } from '../shared/object/object-spec.ts';
import type { Ports } from '../shared/ports.ts';
import type { Pair } from './copy-ability.ts';
import { copyAbility } from './copy-ability.ts';
import { singleMaxBytes } from './probe-source.ts';

/** What was chosen. */
export interface Choice {
  readonly plan: Plan;
  /** Of one connection, where it was measured. */
  readonly bytesPerSecond?: number;
  /** Worth saying to a person. */
  readonly warning?: string;
}

/** What is known besides what the source says. */
export interface Known {
  readonly ranges: boolean;
  readonly copyRefused?: string;
  /** Asked only of what is fetched in pieces: what one connection gives, in bytes per second. */
  readonly pace?: () => Promise<number | undefined>;
  /** The pieces of an upload that stands, which are gone on with. */
  readonly heldPieceBytes?: number;
}

/**
 * The plan for this pair of source and destination. The store is asked whether it would copy only where that would move
 * anything: what a single put brings is in hand already, and proved before it is visible.
 * @throws PieceworkError `ServerSideCopyRefused`, and those of `dividePieces`.
 */
export async function choosePlan(
  pair: Pair,
  options: Pick<TransferOptions, 'parallelism' | 'pieceSizeBytes' | 'serverSideCopy'>,
  policy: PlanPolicy,
  known: Known,
  signal: AbortSignal,
): Promise<Choice> {
  const { snapshot, destination } = pair;
  const { parallelism, pieceSizeBytes, serverSideCopy: preference } = options;
  const input: PlanInput = {
    sizeBytes: snapshot.sizeBytes,
    ranges: known.ranges,
    limits: destination.limits,
    parallelism,
    policy,
    ...(pieceSizeBytes === undefined ? {} : { pieceSizeBytes }),
  };
  const fetched = dividePieces(input);
  if (fetched.mode !== 'pieces' && preference !== 'always') return { plan: fetched };
  const { serverSideCopy, warning } = await copyAbility(pair, preference, known.copyRefused, signal);
  if (serverSideCopy !== undefined) return { plan: dividePieces({ ...input, serverSideCopy }) };
  const plan = await planInTime(input, fetched, known);
  return warning === undefined ? plan : { ...plan, warning };
}

/** Pieces that a worker brings in its time from a slow source, whatever was asked for. */
async function planInTime(input: PlanInput, fetched: Plan, { pace, heldPieceBytes }: Known): Promise<Choice> {
  const speed = fetched.mode === 'pieces' ? await pace?.() : undefined;
  if (speed === undefined) return { plan: fetched };
  const { pieceSizeBytes: asked = heldPieceBytes, ...rest } = input;
  const { pieceTimeMs } = input.policy;
  const isInTime = asked !== undefined && msFor(asked, speed) <= 2 * pieceTimeMs;
  const plan = dividePieces({ ...rest, bytesPerSecond: speed, ...(isInTime ? { pieceSizeBytes: asked } : {}) });
  return { plan, bytesPerSecond: speed };
}

/** The same for a transfer, which may know from its last plan what does not work. */
export async function choosePlanFor(
  record: TransferRecord,
  pair: Pair,
  ports: Pick<Ports, 'policy' | 'windows'>,
  pace: () => Promise<number | undefined>,
  signal: AbortSignal,
): Promise<Choice> {
  const { request, copyRefused, upload, plan: before } = record;
  const { snapshot, destination } = pair;
  const inOrder = mustBeInOrder(wantedDigests(request, snapshot), request.options.expect.digests, destination);
  const ranges = snapshot.ranges && !isOneStream(record) && !inOrder;
  const policy = { ...ports.policy.plan, singleMaxBytes: singleMaxBytes(ports) };
  const isHeld = upload !== undefined && before?.mode === 'pieces' && before.sizeBytes === snapshot.sizeBytes;
  const heldPieceBytes = isHeld ? before.pieceSizeBytes : undefined;
  const known = { ranges, pace, ...stated({ copyRefused, heldPieceBytes }) };
  return await choosePlan(pair, request.options, policy, known, signal);
}

/** Where nothing can be read back, a digest the caller asked for is proved on the way, in order, on one connection. */
function mustBeInOrder(wanted: Digests, given: Digests, destination: Destination): boolean {
  return (
    destination.proof.kind === 'none' && sequentialDigests(wanted).some((algorithm) => given[algorithm] !== undefined)
  );
}
