import { describe, expect, test } from 'vitest';
import { pauseDeployment, resumeDeployment } from '../../lib/aws/ops/pause/pause.ts';
import type { EventSource, Switches } from '../../lib/aws/ops/pause/switches.ts';
import type { PauseNote } from '../../lib/records/records.ts';
import { failureOf } from '../support/reading.ts';

const never = new AbortController().signal;

/** Lambda takes a look or two to make a change; what was done is in `log`. */
function bench({ looks = 1, inUse = 0, loses = 0 } = {}) {
  const log: string[] = [];
  const states = new Map(['plans', 'pieces', 'results', 'dead'].map((id) => [id, { state: 'Enabled', changes: 0 }]));
  let scheduled = true;
  let note: PauseNote | undefined;
  let [refusals, lost] = [inUse, loses];
  const clock = {
    time: Date.UTC(2026, 0, 1),
    now: () => clock.time,
    sleep: async (ms: number) => {
      clock.time += ms;
    },
  };
  const switches: Switches = {
    async eventSources() {
      return [...states].map(([id, entry]): EventSource => {
        const { state } = entry;
        if (entry.changes > 0) {
          entry.changes -= 1;
          if (entry.changes === 0) entry.state = state === 'Disabling' ? 'Disabled' : 'Enabled';
        }
        return { id, queue: `queue-${id}`, state };
      });
    },
    async switchEventSource(id, on) {
      refusals -= 1;
      if (refusals >= 0) return false;
      log.push(`${id} ${on ? 'on' : 'off'}`);
      lost -= 1;
      if (lost < 0) states.set(id, { state: on ? 'Enabling' : 'Disabling', changes: looks });
      return true;
    },
    isScheduled: async () => scheduled,
    async switchSchedule(on) {
      log.push(`schedule ${on ? 'on' : 'off'}`);
      scheduled = on;
    },
    note: async () => note,
    async writeNote(written) {
      log.push('note');
      note = written;
    },
    async deleteNote() {
      log.push('no note');
      note = undefined;
    },
  };
  return { switches, log, clock, note: () => note, stateOf: (id: string) => states.get(id)?.state, states };
}

const OFF = ['plans off', 'pieces off', 'results off', 'dead off'];
const ON = ['plans on', 'pieces on', 'results on', 'dead on'];

describe('pause and resume', () => {
  test('the note comes first and goes last, and AWS is waited for', async () => {
    const { switches, log, clock, note, stateOf } = bench({ looks: 3 });
    await pauseDeployment(switches, 'the source is being moved', { clock }, never);
    expect(log).toEqual(['note', 'schedule off', ...OFF]);
    expect(stateOf('pieces')).toBe('Disabled');
    expect(note()).toEqual({ v: 1, since: '2026-01-01T00:00:00.000Z', because: 'the source is being moved' });
    log.length = 0;
    await resumeDeployment(switches, { clock }, never);
    expect(log).toEqual([...ON, 'schedule on', 'no note']);
    expect([stateOf('pieces'), await switches.isScheduled(), note()]).toEqual(['Enabled', true, undefined]);
  });

  test('twice is once: since when and why stay, unless another reason is given', async () => {
    const { switches, log, clock, note } = bench();
    await pauseDeployment(switches, 'first', { clock }, never);
    const first = note();
    clock.time += 60_000;
    log.length = 0;
    await pauseDeployment(switches, undefined, { clock }, never);
    expect([log, note()]).toEqual([['schedule off'], first]);
    await pauseDeployment(switches, 'second', { clock }, never);
    expect(note()).toEqual({ ...first, because: 'second' });
  });

  test('a mapping that is just being changed is asked again, and so is one that forgot', async () => {
    const { switches, log, clock, stateOf } = bench({ inUse: 2, loses: 1 });
    await pauseDeployment(switches, undefined, { clock }, never);
    expect([...log].filter((line) => line.endsWith('off')).sort()).toEqual(
      ['schedule off', ...OFF, 'results off'].sort(),
    );
    expect(stateOf('results')).toBe('Disabled');
  });

  test('what is off by half goes on to the end when it is asked again', async () => {
    const { switches, states, log, clock } = bench();
    states.set('plans', { state: 'Disabled', changes: 0 });
    await pauseDeployment(switches, undefined, { clock }, never);
    expect(log).toEqual(['note', 'schedule off', ...OFF.slice(1)]);
  });

  test('AWS that does not do it in time is named with what it has not done', async () => {
    const { switches, clock, states } = bench({ looks: Number.POSITIVE_INFINITY });
    const seen: number[] = [];
    const onWaiting = (waiting: readonly EventSource[]) => void seen.push(waiting.length);
    const options = { clock, timeoutMs: 10_000, onWaiting };
    const error = await failureOf(pauseDeployment(switches, undefined, options, never), 'HomeUnavailable');
    expect(error.message).toContain('queue-pieces is Disabling');
    expect([states.size, seen.at(-1)]).toEqual([4, 4]);
  });
});
