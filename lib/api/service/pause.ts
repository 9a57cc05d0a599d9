import { KEYS } from '../../records/records.ts';
import { stated } from '../../values/stated.ts';
import type { ApiDeps } from '../deps.ts';
import type { Service } from '../schemas/service.ts';

/** What an operator said when a deployment was paused (`piecework ops pause`); a machine says it by itself. */
export async function pauseOf({
  machine,
  ports,
}: Pick<ApiDeps, 'machine' | 'ports'>): Promise<Pick<Service, 'paused' | 'pausedSince' | 'pausedBecause'>> {
  const note = machine === undefined ? (await ports.records.get(KEYS.pause))?.value : undefined;
  if (note === undefined) return {};
  const { since, because } = note;
  return { paused: true, pausedSince: since, ...stated({ pausedBecause: because }) };
}
