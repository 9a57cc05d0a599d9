import type { Submission } from '../../lib/pipeline/requests/submit.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { loadTransfer, saveTransfer } from '../../lib/pipeline/shared/store.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { DEFAULT_OPTIONS } from '../../lib/transfer/request.ts';
import { toIso } from '../../lib/values/time.ts';
import { NOW } from './a-transfer.ts';

export const SECRET_URL = 'https://origin.example/file?signature=SECRET';
export const OTHER_URL = 'https://origin.example/file?signature=NEW';

export const SUBMISSION: Submission = {
  source: { url: SECRET_URL },
  destination: { kind: 'file', path: '/data/file' },
  object: {},
  options: DEFAULT_OPTIONS,
  owner: 'local',
  idempotency: { keyHash: 'key', requestHash: 'request' },
};

export async function markers(ports: Ports): Promise<readonly string[]> {
  return (await ports.records.list('active/')).paths;
}

export async function change(ports: Ports, id: string, over: Partial<TransferRecord>): Promise<void> {
  const loaded = await loadTransfer(ports, id);
  if (loaded === undefined) throw new Error(`no ${id}`);
  await saveTransfer(ports, loaded, { ...loaded.record, ...over });
}

export const SETTLED = {
  status: 'failed',
  reason: { code: 'SourceForbidden', message: '403' },
  endedAt: toIso(NOW),
  announced: true,
} as const;
