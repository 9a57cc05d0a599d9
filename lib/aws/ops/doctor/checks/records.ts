import type { TransferRecord } from '../../../../transfer/record/record.ts';
import type { Instant } from '../../../../values/time.ts';
import { fromIso } from '../../../../values/time.ts';
import type { Finding } from '../finding.ts';
import { finding, ok } from '../finding.ts';
import type { DeploymentSeen } from '../seen.ts';
import { whenSeen } from '../when-seen.ts';

const DAY_MS = 86_400_000;
/** So many are named. */
const MOST = 5;

/** Work that remains for more than a day, unless its deadline or its hold says so. */
export function checkMarkers({ records, now }: DeploymentSeen): readonly Finding[] {
  return whenSeen('markers', records, ({ transferMarkers, batchMarkers, transfers }) => {
    const all = [...transferMarkers, ...batchMarkers];
    const old = all.filter(({ at }) => now - at > DAY_MS);
    const late = old.filter((marker) => !isExpected(transfers.get(marker.id), now));
    const what = `${all.length}, of which ${old.length} are older than a day`;
    if (late.length === 0) return [ok('markers', `${what}${old.length > 0 ? ', within their deadline or hold' : ''}`)];
    return [
      finding('markers', 'look', `${what}, and ${late.length} of them past deadline and hold: ${named(late)}`, {
        todo: 'piecework status ID, and the finalizer’s log for "a tick failed"',
        see: 'Old markers',
      }),
    ];
  });
}

/** Of batches only the age is known: they have no deadline. */
function isExpected(record: TransferRecord | 'unreadable' | undefined, now: Instant): boolean {
  if (record === undefined || record === 'unreadable') return false;
  const { deadlineAt, heldUntil } = record;
  return now - Math.max(fromIso(deadlineAt), heldUntil === undefined ? 0 : fromIso(heldUntil)) < DAY_MS;
}

/** Can this version read what is open? */
export function checkRecords({ records, version }: DeploymentSeen): readonly Finding[] {
  return whenSeen('records', records, ({ transfers, isComplete }) => {
    const read = [...transfers];
    const unreadable = read.flatMap(([id, record]) => (record === 'unreadable' ? [{ id }] : []));
    const newer = read.flatMap(([id, record]) =>
      typeof record === 'object' && (record.v as number) !== 1 ? [{ id }] : [],
    );
    const findings: Finding[] = [];
    if (unreadable.length > 0)
      findings.push(finding('records', 'look', `no records: ${named(unreadable)}`, { see: 'Stuck transfers' }));
    if (newer.length > 0)
      findings.push(
        finding('records', 'broken', `of a form that ${version} does not know: ${named(newer)}`, {
          todo: 'deploy the newer version again',
          see: 'Other versions',
        }),
      );
    if (findings.length > 0) return findings;
    return [ok('records', `${read.length} of what is open can be read${isComplete ? '' : ', the oldest ones'}`)];
  });
}

function named(some: readonly { readonly id: string }[]): string {
  const rest = some.length - MOST;
  return `${some
    .slice(0, MOST)
    .map(({ id }) => id)
    .join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
