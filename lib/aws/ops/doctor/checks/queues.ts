import { formatDuration } from '../../../../values/units.ts';
import type { QueueDepth } from '../../queue-depths.ts';
import type { Finding, Heading } from '../finding.ts';
import { finding, ok, opsCommand } from '../finding.ts';
import type { DeploymentSeen } from '../seen.ts';
import { whenSeen } from '../when-seen.ts';

/** What functions take from, and when its oldest message has waited too long: as the alarms have it. */
const WORKED = [
  { queue: 'plans', longestMs: 900_000, see: 'Oldest plan' },
  { queue: 'streams', longestMs: 3_600_000, see: 'Oldest stream' },
  { queue: 'pieces', longestMs: 900_000, see: 'Oldest piece' },
  { queue: 'results', longestMs: 300_000, see: 'Oldest result' },
] as const;

export function checkQueues({ depths, ages }: DeploymentSeen): readonly Finding[] {
  return WORKED.flatMap(({ queue, longestMs, see }) => {
    const check = `${queue} queue`;
    const seen = depths[queue];
    if (seen === undefined) return [];
    return whenSeen(check, seen, (depth) => {
      if ('unseen' in ages)
        return [ok(check, depthText(depth)), { check, state: 'unseen', what: `age of the oldest: ${ages.unseen}` }];
      // The metric is some minutes old: of a queue that has become empty it says nothing.
      const isEmpty = depth.waiting + depth.inHand + depth.delayed === 0;
      const ageMs = isEmpty ? 0 : (ages.value[queue] ?? 0) * 1000;
      const what = `${depthText(depth)}${ageMs > 0 ? `; the oldest for ${formatDuration(ageMs)}` : ''}`;
      return [ageMs < longestMs ? ok(check, what) : finding(check, 'look', what, { see })];
    });
  });
}

/** What waits there may be as it should: a webhook that did not answer is tried again for 16 hours. */
export function checkNotifications({ depths: { notifications } }: DeploymentSeen): readonly Finding[] {
  const check = 'notifications queue';
  if (notifications === undefined) return [];
  return whenSeen(check, notifications, (depth) => [ok(check, depthText(depth))]);
}

function depthText({ waiting, inHand, delayed }: QueueDepth): string {
  return `${waiting} wait, ${inHand} in hand, ${delayed} later`;
}

/** What ends where people look. */
const LETTERS: readonly {
  readonly queue: 'plansDead' | 'streamsDead' | 'piecesDead' | 'resultsDead' | 'notificationsDead' | 'parked';
  readonly name: string;
  readonly see: Heading;
}[] = [
  { queue: 'plansDead', name: 'dead plans', see: 'Plan dead letters' },
  { queue: 'streamsDead', name: 'dead streams', see: 'Stream dead letters' },
  { queue: 'piecesDead', name: 'dead pieces', see: 'Piece dead letters' },
  { queue: 'resultsDead', name: 'dead results', see: 'Result dead letters' },
  { queue: 'notificationsDead', name: 'dead notifications', see: 'Notification dead letters' },
  { queue: 'parked', name: 'parked messages', see: 'Parked messages' },
];

export function checkLetters({ depths, deployment }: DeploymentSeen): readonly Finding[] {
  return LETTERS.flatMap(({ queue, name, see }) => {
    const seen = depths[queue];
    if (seen === undefined) return [];
    return whenSeen(name, seen, ({ waiting, inHand }) => {
      const count = waiting + inHand;
      if (count === 0) return [ok(name, 'none')];
      const todo = `mend the cause, then ${opsCommand('replay', deployment)} (--dry-run: only says what it would do)`;
      return [finding(name, 'look', String(count), { todo, see })];
    });
  });
}
