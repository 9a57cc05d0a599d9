import type { Finding } from '../finding.ts';
import { finding, ok, opsCommand } from '../finding.ts';
import type { DeploymentSeen } from '../seen.ts';
import { whenSeen } from '../when-seen.ts';

/** The note of an operator, held against what is switched off. */
export function checkPause({ pause, eventSources, isScheduled, deployment }: DeploymentSeen): readonly Finding[] {
  return whenSeen('pause', pause, (note) => {
    if (note === undefined) return [];
    const resume = opsCommand('resume', deployment);
    const { since, because } = note;
    const why = because === undefined ? '' : `: ${because}`;
    const seen = 'value' in eventSources && 'value' in isScheduled;
    const allOn = seen && isScheduled.value && eventSources.value.every(({ state }) => state === 'Enabled');
    if (allOn)
      return [
        finding('pause', 'look', `it is said to be paused since ${since}${why}, and everything is on`, {
          todo: `${resume} takes the note away`,
          see: 'Paused',
        }),
      ];
    return [
      finding('pause', 'look', `paused since ${since}${why}`, {
        todo: `${resume}, when it is to go on`,
        see: 'Paused',
      }),
    ];
  });
}

export function checkEventSources(seen: DeploymentSeen): readonly Finding[] {
  const paused = isPaused(seen);
  return whenSeen('event sources', seen.eventSources, (sources) => {
    const off = sources.filter(({ state }) => state !== 'Enabled');
    const failing = sources.filter(({ lastResult = '' }) => lastResult.startsWith('PROBLEM'));
    if (off.length + failing.length === 0) return [ok('event sources', `all ${sources.length} hand out messages`)];
    return [
      ...off.map(({ queue, state }) =>
        finding('event sources', paused ? 'look' : 'broken', `that of ${queue} is ${state}`, {
          todo: opsCommand('resume', seen.deployment),
          see: 'Paused',
        }),
      ),
      ...failing.map(({ queue, lastResult }) =>
        finding('event sources', 'broken', `that of ${queue}: ${lastResult}`, { see: 'Function errors' }),
      ),
    ];
  });
}

export function checkSchedule(seen: DeploymentSeen): readonly Finding[] {
  return whenSeen('schedule', seen.isScheduled, (isOn) => {
    if (isOn) return [ok('schedule', 'a tick each minute')];
    const state = isPaused(seen) ? 'look' : 'broken';
    return [
      finding('schedule', state, 'it is off, so no tick runs', {
        todo: opsCommand('resume', seen.deployment),
        see: 'No tick',
      }),
    ];
  });
}

/** By an operator: then it is meant. */
function isPaused({ pause }: DeploymentSeen): boolean {
  return 'value' in pause && pause.value !== undefined;
}
