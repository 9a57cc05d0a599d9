import type { Amount, BatchPlan, PlannedHost } from '../../../lib/index.ts';
import { formatBytes, formatDuration } from '../../../lib/values/units.ts';
import { count, facts } from '../text.ts';

/** Hosts that are shown; the result as JSON has all. */
const MOST_HOSTS = 8;

/** What a batch would do, for a person. */
export function planLines(plan: BatchPlan): readonly string[] {
  const { hosts, expectedMs, store, toBring, unchanged, failed, collisions } = plan;
  const more = hosts.length > MOST_HOSTS ? [['', `and ${hosts.length - MOST_HOSTS} more`] as const] : [];
  return facts([
    ['list', `${count(plan.entries, 'entry', 'entries')} (${plan.format})`],
    ['destination', plan.destination],
    ['to bring', amountText(toBring)],
    ['there already', amountText(unchanged)],
    ['not to be had', String(failed)],
    ['one name twice', collisions === 0 ? undefined : count(collisions, 'entry', 'entries')],
    ...hosts.slice(0, MOST_HOSTS).map((host, index) => [index === 0 ? 'hosts' : '', hostText(host)] as const),
    ...more,
    [
      'time',
      expectedMs === undefined
        ? undefined
        : `about ${formatDuration(roughly(expectedMs))}, as fast as these answers were`,
    ],
    [
      'requests',
      store === undefined
        ? undefined
        : `${count(store.writes, 'write')} and ${count(store.reads, 'read')} at the store, $${dollars(store.dollars)} at S3 Standard's list price`,
    ],
  ]);
}

function amountText({ entries, bytes, unknownSizes }: Amount): string {
  const unknown = unknownSizes === 0 ? '' : `, and ${unknownSizes} of unknown size`;
  return entries === 0 ? '0' : `${entries}, ${formatBytes(bytes)}${unknown}`;
}

function hostText({ host, toBring, failed, answerMs, bytesPerSecond }: PlannedHost): string {
  const parts = [
    `${host}: ${amountText(toBring)} to bring`,
    failed === 0 ? '' : `${failed} failed`,
    answerMs === undefined ? '' : `answers in ${formatDuration(answerMs)}`,
    bytesPerSecond === undefined ? '' : `${formatBytes(bytesPerSecond)}/s a connection`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function roughly(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000)) * 1000;
}

function dollars(amount: number): string {
  return amount.toFixed(amount < 0.1 ? 4 : 2);
}
