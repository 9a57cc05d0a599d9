import { expect, test, vi } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { Rule } from '../support/polite-world.ts';
import { politeWorld } from '../support/polite-world.ts';

// Thousands of requests in a time of their own: on a busy machine their steps take a while.
vi.setConfig({ testTimeout: 120_000 });

const WINDOW_MS = 1_000;

/** Serves so many requests in any second, and denies what is beyond. `denied`: the numbers of those requests. */
function allowingInASecond(most: number): { readonly rule: Rule; readonly denied: number[]; asked(): number } {
  let served: number[] = [];
  let asked = 0;
  const denied: number[] = [];
  const rule: Rule = (now) => {
    served = served.filter((at) => at > now - WINDOW_MS);
    asked += 1;
    if (served.length < most) {
      served.push(now);
      return {};
    }
    denied.push(asked);
    return { refusal: new PieceworkError('SourceForbidden', '403', { details: { mayBeLimit: true } }) };
  };
  return { rule, denied, asked: () => asked };
}

test('a host that denies above five requests a second is asked less often, and once that is learned denies fewer than 2 %', async () => {
  const five = allowingInASecond(5);
  const world = politeWorld(five.rule);
  const one = world.start();
  void one.bring(100_000);
  await world.pass(250_000);
  // A minute in which it is left alone, and some 4 requests a second.
  expect(one.served).toBeGreaterThan(600);
  const LEARNED = 150;
  const later = five.denied.filter((number) => number > LEARNED).length;
  expect(five.denied.length).toBeGreaterThan(0);
  expect(later / (five.asked() - LEARNED)).toBeLessThan(0.02);
});

test('two processes ask it in turns, and once that is learned are denied fewer than 2 %', async () => {
  const five = allowingInASecond(5);
  const world = politeWorld(five.rule);
  const both = [world.start(), world.start()];
  for (const process of both) void process.bring(100_000);
  await world.pass(200_000);
  expect(Math.min(...both.map(({ served }) => served))).toBeGreaterThan(150);
  const LEARNED = 250;
  const later = five.denied.filter((number) => number > LEARNED).length;
  expect(later / (five.asked() - LEARNED)).toBeLessThan(0.02);
});
