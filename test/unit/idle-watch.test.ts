import { describe, expect, it } from 'vitest';
import { IdleWatch } from '../../lib/local/engine/watch/idle-watch.ts';

function watch() {
  const work = { isIdle: true };
  return { work, idle: new IdleWatch(() => work.isIdle) };
}

describe('a transfer on one machine that nothing is on its way for', () => {
  it('is due when it has been idle for a second', () => {
    const { idle } = watch();
    expect([0, 500, 999, 1_000].map((now) => idle.isDue(now))).toEqual([false, false, false, true]);
  });

  it('is not while a message waits or is worked on, nor at once after it', () => {
    const { work, idle } = watch();
    idle.isDue(0);
    work.isIdle = false;
    expect(idle.isDue(5_000)).toBe(false);
    work.isIdle = true;
    expect([5_001, 6_000, 6_001].map((now) => idle.isDue(now))).toEqual([false, false, true]);
  });

  it('is due ever more rarely, up to once a minute: what it asks for may never be listed', () => {
    const { idle } = watch();
    const due: number[] = [];
    for (let now = 0; now <= 300_000; now += 500) if (idle.isDue(now)) due.push(now);
    const waits = due.map((now, index) => now - (due[index - 1] ?? 0));
    expect(waits.slice(0, 3)).toEqual([1_000, 2_500, 4_500]);
    expect(Math.max(...waits)).toBe(60_500);
  });
});
