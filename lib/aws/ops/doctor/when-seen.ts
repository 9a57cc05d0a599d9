import type { Finding } from './finding.ts';
import type { Seen } from './seen.ts';

/** The findings of what was read; what was not is a finding of its own, and never counts as well. */
export function whenSeen<T>(
  check: string,
  seen: Seen<T>,
  examine: (value: T) => readonly Finding[],
): readonly Finding[] {
  if ('value' in seen) return examine(seen.value);
  return [{ check, state: seen.isAbsent === true ? 'absent' : 'unseen', what: seen.unseen }];
}
