import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { stopper } from '../../lib/local/engine/stopper.ts';

const listenersAt = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('stoppers that follow one signal', () => {
  test('have one listener there, however many they are, and none when all are gone', () => {
    const { signal } = new AbortController();
    const stoppers = Array.from({ length: 1_000 }, () => stopper(signal));
    expect(listenersAt(signal)).toBe(1);
    const last = stoppers.pop();
    for (const one of stoppers) one[Symbol.dispose]();
    expect(listenersAt(signal)).toBe(1);
    last?.[Symbol.dispose]();
    last?.[Symbol.dispose]();
    expect(listenersAt(signal)).toBe(0);
  });

  test('stop with its reason, but for those that are gone', () => {
    const outer = new AbortController();
    const [stays, goes] = [stopper(outer.signal), stopper(outer.signal)];
    goes[Symbol.dispose]();
    outer.abort('enough');
    expect(stays.signal.reason).toBe('enough');
    expect(goes.signal.aborted).toBe(false);
    stays[Symbol.dispose]();
  });

  test('each follows all of its signals, and one that is over already', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    using both = stopper(one.signal, other.signal);
    other.abort('the other');
    expect(both.signal.reason).toBe('the other');
    using late = stopper(one.signal, other.signal);
    expect(late.signal.reason).toBe('the other');
    one.abort('one');
    expect(late.signal.reason).toBe('the other');
  });

  test('one that follows the same signal anew is stopped by it', () => {
    const outer = new AbortController();
    stopper(outer.signal)[Symbol.dispose]();
    using again = stopper(outer.signal);
    outer.abort('now');
    expect(again.signal.reason).toBe('now');
  });
});
