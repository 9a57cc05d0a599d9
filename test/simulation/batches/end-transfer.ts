import { settle } from '../../../lib/pipeline/settle/settle.ts';
import type { Ports } from '../../../lib/pipeline/shared/ports.ts';
import { loadTransfer, saveTransfer } from '../../../lib/pipeline/shared/store.ts';
import { isOver } from '../../../lib/transfer/record/record.ts';
import { toIso } from '../../../lib/values/time.ts';
import type { FleetWorld } from './fleet-world.ts';
import { textOf } from './fleet-world.ts';

/** A large entry's transfer comes to its end at once; what it does on the way is simulated elsewhere. */
export async function endTransfer(world: FleetWorld, ports: Ports, id: string): Promise<void> {
  const loaded = await loadTransfer(ports, id);
  if (loaded === undefined) return;
  const { record } = loaded;
  if (!isOver(record)) {
    const endedAt = toIso(ports.clock.now());
    const entry = world.entries.find(({ url }) => url === record.request.source.url);
    if (entry === undefined) throw new Error(`no entry has the source of transfer ${id}`);
    const key = String(record.request.destination['key']);
    if (entry.manner === 'is large and fails') {
      const reason = { code: 'DigestMismatch', message: 'other bytes' } as const;
      await saveTransfer(ports, loaded, { ...record, status: 'failed', reason, endedAt });
    } else {
      const result = { sizeBytes: textOf(entry).length, version: 'unverified', digests: {} } as const;
      world.objects.set(key, { text: textOf(entry), token: `${id}.plan` });
      await saveTransfer(ports, loaded, {
        ...record,
        status: 'completed',
        planId: 'plan',
        result,
        endedAt,
      });
    }
  }
  await settle(ports, id, new AbortController().signal);
}
