import type { Destination, OpenUpload } from '../destinations/destination.ts';
import type { TransferRecord } from '../transfer/record.ts';
import { tokenOf } from '../transfer/record.ts';
import { fromIso } from '../values/time.ts';
import { activeTransfers } from './active-transfers.ts';
import type { Ports } from './ports.ts';
import type { Loaded } from './store.ts';
import { loadTransfer, saveTransfer } from './store.ts';
import { uploadTarget } from './upload-ref.ts';

type Intent = TransferRecord['creating'][number];

/**
 * An upload whose Create was answered to nobody (protocol §6): found by the exact key, aborted only if nothing else can own it.
 */
export async function orphanStep(
  ports: Ports,
  loaded: Loaded,
  intent: Intent,
  destination: Destination,
  signal: AbortSignal,
): Promise<'again' | { readonly waitMs: number }> {
  const { record } = loaded;
  const now = ports.clock.now();
  const lookAt = fromIso(intent.at) + ports.policy.orphanAgeMs + ports.policy.plannerLifeMs;
  if (now < lookAt) return { waitMs: lookAt - now };
  const token = tokenOf(record.id, intent.planId);
  for (const staged of [false, true]) {
    const target = uploadTarget(record, { id: '', token, staged });
    for (const open of await destination.listUploads(target, { signal })) {
      if (!mayComeFrom(ports, intent, token, open)) continue;
      const upload = { target, id: open.id, token };
      const page = await destination.listParts(upload, 0, { signal });
      if (page === 'gone' || page.parts.length > 0 || (await isNamedAnywhere(ports, record, open.id))) continue;
      await destination.abortUpload(upload, { signal });
    }
    if (record.request.destination.kind !== 's3') break;
  }
  await saveTransfer(ports, loaded, { ...record, creating: record.creating.filter((other) => other !== intent) });
  return 'again';
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

/** Time alone does not tell whose it is: another transfer to the same key may hold it, without a part as yet. */
async function isNamedAnywhere(ports: Ports, own: TransferRecord, uploadId: string): Promise<boolean> {
  if (names(own, uploadId)) return true;
  for await (const { transferId } of activeTransfers(ports)) {
    const other = (await loadTransfer(ports, transferId))?.record;
    if (other !== undefined && names(other, uploadId)) return true;
  }
  return false;
}

function names({ upload, promotions = [], toAbort }: TransferRecord, uploadId: string): boolean {
  return [upload, ...promotions, ...toAbort.map((entry) => entry.upload)].some((named) => named?.id === uploadId);
}
