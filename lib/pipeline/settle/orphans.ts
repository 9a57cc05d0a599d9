import type { Destination, OpenUpload } from '../../destinations/destination.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver, tokenOf } from '../../transfer/record/record.ts';
import { dropOrphan } from '../../transfer/record/transitions-uploads.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import type { Ports } from '../shared/ports.ts';
import type { Loaded } from '../shared/store.ts';
import { saveTransfer } from '../shared/store.ts';
import { nameLeft } from './left.ts';
import { isNamedAnywhere } from './named-uploads.ts';
import type { Wait } from './step.ts';

type Intent = TransferRecord['creating'][number];

/**
 * An upload whose Create was answered when its planner was dead (protocol §6): found by the exact key, aborted only if
 * nothing else can own it. What only time tells from another's is left until it is old; what carries the intent's token
 * need not be.
 */
export async function orphanStep(
  ports: Ports,
  loaded: Loaded,
  intent: Intent,
  destination: Destination,
  signal: AbortSignal,
): Promise<'again' | Wait> {
  const { record } = loaded;
  const now = ports.clock.now();
  const oldAt = fromIso(intent.at) + ports.policy.orphanAgeMs + ports.policy.plannerLifeMs;
  const lookAt = Math.min(oldAt, earliestLook(ports, record, intent));
  if (now < lookAt) return { waitMs: lookAt - now };
  try {
    const isSure = await abortOrphans(ports, record, intent, destination, { isOld: now >= oldAt, lookAt }, signal);
    if (!isSure) return { waitMs: oldAt - now };
  } catch (error) {
    // Without the right to list uploads, too: what was not asked for need not succeed before its time.
    signal.throwIfAborted();
    if (!(error instanceof PieceworkError)) throw error;
    if (now < oldAt) return { waitMs: oldAt - now };
    const left = await nameLeft(ports, record, error, { what: 'intent', destination, at: record.request.destination });
    if (left !== 'left') return left;
  }
  await saveTransfer(ports, loaded, dropOrphan(record, intent));
  return 'again';
}

/** False = an upload is there that may be another transfer's, and is not old enough for an orphan. */
async function abortOrphans(
  ports: Ports,
  record: TransferRecord,
  intent: Intent,
  destination: Destination,
  { isOld, lookAt }: { readonly isOld: boolean; readonly lookAt: Instant },
  signal: AbortSignal,
): Promise<boolean> {
  const token = tokenOf(record.id, intent.planId);
  const { destination: to } = record.request;
  const { proof } = destination;
  const targets = proof.kind === 'staging' ? [to, proof.locate(to, record.id)] : [to];
  for (const target of targets) {
    for (const open of await destination.listUploads(target, { signal })) {
      if (!mayComeFrom(ports, intent, token, open)) continue;
      const upload = { target, id: open.id, token };
      const page = await destination.listParts(upload, 0, { signal });
      if (page === 'gone' || page.parts.length > 0 || (await isNamedAnywhere(ports, record, open.id, lookAt, signal)))
        continue;
      if (open.token === undefined && !isOld) return false;
      await destination.abortUpload(upload, { signal });
    }
  }
  return true;
}

/** When a dead planner's intent can be asked after. The planner of the record's own plan may be at it right now. */
function earliestLook({ policy }: Ports, record: TransferRecord, intent: Intent): Instant {
  const mayBeAtIt = !isOver(record) && record.planId === intent.planId;
  return policy.deadCreateMs === undefined || mayBeAtIt ? Infinity : fromIso(intent.at) + policy.deadCreateMs;
}

/** By its token, where the destination tells it; else by the time at which it was begun. */
function mayComeFrom(ports: Ports, intent: Intent, token: string, open: OpenUpload): boolean {
  if (open.token !== undefined) return open.token === token;
  if (open.initiatedAt === undefined) return false;
  const afterMs = fromIso(open.initiatedAt) - fromIso(intent.at);
  return afterMs >= -SKEW_MS && afterMs <= ports.policy.plannerLifeMs + SKEW_MS;
}

/** Clocks differ. */
const SKEW_MS = 300_000;
