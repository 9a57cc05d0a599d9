import { listTransfers, transferStatus } from '../../pipeline/requests/query.ts';
import type { LocalStatus } from '../api.ts';
import type { Home } from '../home/home.ts';
import { find, isRunning } from './find.ts';

export async function list(home: Home): Promise<readonly LocalStatus[]> {
  const records = await listTransfers({ records: home.records });
  return await Promise.all(records.map(async (record) => ({ record, isRunning: await isRunning(home, record) })));
}

export async function status(home: Home, transferId: string, signal: AbortSignal): Promise<LocalStatus> {
  const record = await find(home, transferId);
  await using run = await home.engine.open({ kind: record.request.destination.kind, onlyLooks: true });
  return { ...(await transferStatus(run.ports, transferId, signal)), isRunning: await isRunning(home, record) };
}
