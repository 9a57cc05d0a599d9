import type { ListQuery } from '../../pipeline/requests/query.ts';
import { listTransfers, transferStatus } from '../../pipeline/requests/query.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { LocalStatus } from '../api.ts';
import type { Home } from '../home/home.ts';
import { pausedIn } from '../service/queue/paused.ts';
import { find, isRunning } from './find.ts';

export async function list(home: Home, query: ListQuery = {}): Promise<readonly LocalStatus[]> {
  const records = await listTransfers({ records: home.records }, query);
  const paused = pausedIn(home.stateDir);
  return await Promise.all(records.map(async (record) => ({ record, ...(await standing(home, record, paused)) })));
}

export async function status(home: Home, transferId: string, signal: AbortSignal): Promise<LocalStatus> {
  const record = await find(home, transferId);
  await using run = await home.engine.open({ kind: record.request.destination.kind, onlyLooks: true });
  const found = await transferStatus(run.ports, transferId, signal);
  return { ...found, ...(await standing(home, found.record, pausedIn(home.stateDir))) };
}

async function standing(
  home: Home,
  record: TransferRecord,
  paused: ReadonlySet<string>,
): Promise<Pick<LocalStatus, 'isRunning' | 'isPaused'>> {
  const isPaused = !isOver(record) && paused.has(record.id);
  return { isRunning: await isRunning(home, record), ...(isPaused ? { isPaused } : {}) };
}
