import { expect, test, vi } from 'vitest';
import { PieceworkError } from '../../lib/errors/error.ts';
import { toIso } from '../../lib/values/time.ts';
import type { Rule } from '../support/polite-world.ts';
import { MACHINE, POLITE_HOST, politeWorld } from '../support/polite-world.ts';

// Hundreds of requests in a time of their own: on a busy machine their steps take a while.
vi.setConfig({ testTimeout: 60_000 });

/** Serves so many at a time, and answers 429 beyond. */
function allowing(places: number): { readonly rule: Rule; most(): number } {
  let open = 0;
  let most = 0;
  const rule: Rule = () => {
    if (open >= places) return { refusal: new PieceworkError('SourceBusy', '429') };
    open += 1;
    most = Math.max(most, open);
    return {
      ended() {
        open -= 1;
      },
    };
  };
  return { rule, most: () => most };
}

const learnedAt = (now: number, ceiling: number) => ({
  ceiling,
  learned: { since: toIso(now - 60_000), patience: 4096, crept: false },
});

test('two processes that know what a host bears divide it, and are refused nothing', async () => {
  const four = allowing(4);
  const world = politeWorld(four.rule);
  await world.knows(learnedAt(world.clock.now(), 4));
  const [one, other] = [world.start(), world.start()];
  const both = [one.bring(10_000), other.bring(10_000)];
  await world.pass(4_000);
  expect(Object.values((await world.known())?.sharers ?? {}).map(({ places }) => places)).toEqual([2, 2]);
  const before = [one.served, other.served];
  await world.pass(20_000);
  // Two places, 100 ms each, for 20 s.
  for (const [index, process] of [one, other].entries())
    expect(process.served - (before[index] ?? 0)).toBeGreaterThan(380);
  expect([one.refused, other.refused]).toEqual([0, 0]);
  expect(four.most()).toBe(4);
  void both;
});

test('a process that comes later has its part within two seconds, and what it leaves is had by the one that stays', async () => {
  const four = allowing(4);
  const world = politeWorld(four.rule);
  await world.knows(learnedAt(world.clock.now(), 4));
  const first = world.start();
  void first.bring(100_000);
  await world.pass(5_000);
  expect(Object.values((await world.known())?.sharers ?? {})).toMatchObject([{ places: 4 }]);
  const later = world.start();
  const brought = later.bring(100);
  await world.pass(2_000);
  expect(later.served).toBeGreaterThan(0);
  expect(Object.values((await world.known())?.sharers ?? {})).toMatchObject([{ places: 2 }, { places: 2 }]);
  await world.pass(10_000);
  await brought;
  expect(Object.values((await world.known())?.sharers ?? {})).toMatchObject([{ places: 4 }]);
  expect([first.refused, later.refused]).toEqual([0, 0]);
});

test('of a host that is not known they learn together in seconds, and next to nothing is refused after that', async () => {
  const four = allowing(4);
  const world = politeWorld(four.rule, 200);
  const all = [world.start(), world.start(), world.start()];
  const refusals = () => all.reduce((sum, { refused }) => sum + refused, 0);
  for (const process of all) void process.bring(100_000);
  await world.pass(10_000);
  const early = refusals();
  expect(early).toBeGreaterThan(0);
  const before = all.map(({ served }) => served);
  await world.pass(60_000);
  const served = all.map((process, index) => process.served - (before[index] ?? 0));
  // Four places among three: two, one and one.
  expect(Math.min(...served) / Math.max(...served)).toBeGreaterThan(0.4);
  expect((refusals() - early) / served.reduce((sum, count) => sum + count)).toBeLessThan(0.01);
});

test('a host that bears one connection is asked by one process after the other', async () => {
  const one = allowing(1);
  const world = politeWorld(one.rule, 500);
  await world.knows(learnedAt(world.clock.now(), 1));
  const all = [world.start(), world.start(), world.start()];
  for (const process of all) void process.bring(100_000);
  await world.pass(70_000);
  expect(Math.min(...all.map(({ served }) => served))).toBeGreaterThan(30);
  expect(all.map(({ refused }) => refused)).toEqual([0, 0, 0]);
});

test('the places of a process that died are had by the others at once', async () => {
  const four = allowing(4);
  const world = politeWorld(four.rule);
  const now = world.clock.now();
  const process = { pid: 1, host: MACHINE };
  world.kill(1);
  const died = { places: 4, since: toIso(now - 1_000), until: toIso(now + 60_000), process };
  await world.knows({ ...learnedAt(now, 4), sharers: { 'process-DIED': died } });
  const one = world.start();
  expect(await one.places.now(POLITE_HOST)).toBe(4);
  await one.leave();
  expect((await world.known())?.sharers).toEqual({});
});

test('a process of another machine has its places until its lease ends', async () => {
  const world = politeWorld(allowing(4).rule, 500);
  const now = world.clock.now();
  const elsewhere = { pid: 1, host: 'another.example' };
  const other = { places: 4, since: toIso(now - 1_000), until: toIso(now + 60_000), process: elsewhere };
  await world.knows({ ...learnedAt(now, 4), sharers: { 'process-ELSEWHERE': other } });
  const one = world.start();
  expect(await one.places.now(POLITE_HOST)).toBe(0);
  void one.bring(100_000);
  await world.pass(59_000);
  expect(one.served).toBe(0);
  await world.pass(3_000);
  expect(one.served).toBeGreaterThan(0);
});

test('nothing is written of a host that refused nothing, and little of one that did', async () => {
  const unknown = politeWorld(allowing(16).rule, 1_000);
  const one = unknown.start();
  const brought = one.bring(200);
  await unknown.pass(30_000);
  await brought;
  expect(unknown.writes()).toBe(0);
  const known = politeWorld(allowing(4).rule, 1_000);
  await known.knows(learnedAt(known.clock.now(), 4));
  const other = known.start();
  void other.bring(100_000);
  await known.pass(90_000);
  // Its share, and its lease, which is renewed after 33 s each time.
  expect(known.writes()).toBeLessThanOrEqual(4);
});

test('a host that is not asked any more is left to the others, also before the batch ends', async () => {
  const world = politeWorld(allowing(4).rule);
  await world.knows(learnedAt(world.clock.now(), 4));
  const one = world.start();
  expect(await one.places.now(POLITE_HOST)).toBe(4);
  await world.pass(12_000);
  expect((await world.known())?.sharers).toEqual({});
  expect(await one.places.now(POLITE_HOST)).toBe(4);
  await one.leave();
});

test('what may write nothing goes by what its share would be', async () => {
  const world = politeWorld(allowing(4).rule);
  await world.knows(learnedAt(world.clock.now(), 4));
  const one = world.start();
  expect(await one.places.ifItShared(POLITE_HOST)).toBe(4);
  const other = world.start();
  expect(await other.places.now(POLITE_HOST)).toBe(4);
  expect(await one.places.ifItShared(POLITE_HOST)).toBe(2);
  expect(Object.keys((await world.known())?.sharers ?? {})).toHaveLength(1);
  await other.leave();
});
