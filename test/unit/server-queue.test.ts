import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Standing } from '../../lib/local/engine/running-places.ts';
import { runningPlaces } from '../../lib/local/engine/running-places.ts';
import { queueOf } from '../../lib/local/service/queue/queue.ts';
import { parseQueue, queueFile } from '../../lib/local/service/queue/queue-file.ts';

const never = new AbortController().signal;
const id = (number: number) => `01JZ8QH5X${number}M9V7T2B4N6K8R0CD`;
const ALL = [1, 2, 3, 4].map(id);

function queueIn(memory: { text?: string } = {}) {
  const write = async (state: object) => {
    memory.text = JSON.stringify({ v: 1, ...state });
  };
  return queueOf({ state: parseQueue(memory.text), file: { write } });
}

describe('the queue of a server', () => {
  it('has who was submitted first at the front, but for priority', async () => {
    const queue = queueIn();
    expect(queue.sorted([...ALL].reverse())).toEqual(ALL);
    await queue.prefer(id(3), { priority: 5 });
    await queue.prefer(id(1), { priority: -5 });
    expect(queue.sorted(ALL)).toEqual([3, 2, 4, 1].map(id));
  });

  it('moves one before or behind all others of its priority; what comes later is behind it', async () => {
    const queue = queueIn();
    await queue.move(id(3), 'first', ALL);
    await queue.move(id(4), 'first', ALL);
    await queue.move(id(1), 'last', ALL);
    expect(queue.sorted(ALL)).toEqual([4, 3, 2, 1].map(id));
    expect(queue.sorted([...ALL, id(9)])).toEqual([4, 3, 2, 1, 9].map(id));
  });

  it('is the same after a restart, and forgets what has ended', async () => {
    const memory: { text?: string } = {};
    const queue = queueIn(memory);
    await queue.move(id(2), 'first', ALL);
    await queue.prefer(id(1), { paused: true });
    await queue.prefer(id(4), { priority: 7 });
    await queue.pauseAll(true);
    const next = queueIn(memory);
    expect([next.isPaused, next.paused, next.of(id(1)), next.of(id(4))]).toEqual([
      true,
      [id(1)],
      { paused: true },
      { priority: 7 },
    ]);
    expect(next.sorted(ALL)).toEqual([4, 2, 1, 3].map(id));
    expect(next.standing(id(2)).mayRun).toBe(false);
    next.keepOnly(new Set([id(4)]));
    expect(next.paused).toEqual([]);
    await next.prefer(id(4), { priority: 0 });
    expect(next.of(id(4))).toEqual({});
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"preferences":[1],"paused":"yes"}',
    `{"preferences":{"${id(1)}":{"priority":"x","rank":null}}}`,
  ])('reads a file that holds %j as one that says nothing', (text) => {
    expect(parseQueue(text)).toEqual({ paused: false, preferences: {}, limits: { values: {}, over: {} } });
  });

  it('keeps limits that were changed, unless the next start says something else than the last one', async () => {
    const memory: { text?: string } = {};
    const queue = queueIn(memory);
    expect(queue.limitsFor({ running: 8 })).toEqual({});
    await queue.limit({ running: 2, limitRate: '8:00=1MiB,18:00=off' });
    expect(queueIn(memory).limitsFor({ running: 8 })).toEqual({ running: 2, limitRate: '8:00=1MiB,18:00=off' });
    expect(queueIn(memory).limitsFor({ running: 9 })).toEqual({ limitRate: '8:00=1MiB,18:00=off' });
    expect(queueIn(memory).limitsFor({ running: 8, limitRate: '5' })).toEqual({ running: 2 });
  });

  it('keeps what it understands of a file', () => {
    const preferences = { [id(1)]: { paused: true, priority: 1e9, later: 1 }, short: { paused: true } };
    expect(parseQueue(JSON.stringify({ v: 2, paused: true, preferences, more: {} }))).toEqual({
      paused: true,
      preferences: { [id(1)]: { paused: true } },
      limits: { values: {}, over: {} },
    });
  });

  it('writes its file whole, the last state last', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'piecework-queue-'));
    try {
      const queue = queueOf(queueFile(folder));
      await Promise.all(ALL.map((one) => queue.prefer(one, { paused: true })));
      const path = join(folder, 'server', 'queue.json');
      expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')).preferences)).toEqual(ALL);
      writeFileSync(path, 'damaged');
      expect(queueFile(folder).state).toEqual({ paused: false, preferences: {}, limits: { values: {}, over: {} } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('places for what runs', () => {
  function bench(most: number) {
    const places = runningPlaces(most);
    const standings = new Map<string, Standing>();
    const served: string[] = [];
    const held = new Map<string, Disposable>();
    const ask = (name: string, standing: Partial<Standing> = {}, signal = never) => {
      standings.set(name, { mayRun: true, priority: 0, rank: 0, ...standing });
      const note = (place: Disposable) => {
        served.push(name);
        held.set(name, place);
      };
      void places.take(signal, () => standings.get(name) as Standing).then(note, () => served.push(`-${name}`));
    };
    const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
    return { places, standings, served, held, ask, settle };
  }

  it('are given by standing as it is when one becomes free, and else in the order of asking', async () => {
    const { places, standings, served, held, ask, settle } = bench(1);
    ask('a');
    ask('b', { rank: 2 });
    ask('c', { rank: 1 });
    ask('d', { rank: 1 });
    standings.set('b', { mayRun: true, priority: 1, rank: 2 });
    for (const name of ['a', 'b', 'c']) {
      await settle();
      held.get(name)?.[Symbol.dispose]();
    }
    await settle();
    expect([served, places.isShared]).toEqual([['a', 'b', 'c', 'd'], false]);
  });

  it('wait for who may run, and for who gives up', async () => {
    const { places, standings, served, ask, settle } = bench(1);
    const stop = new AbortController();
    ask('paused', { mayRun: false });
    ask('gone', { mayRun: false }, stop.signal);
    stop.abort();
    await settle();
    expect(served).toEqual(['-gone']);
    standings.set('paused', { mayRun: true, priority: 0, rank: 0 });
    places.look();
    await settle();
    expect(served).toEqual(['-gone', 'paused']);
  });

  it('become more or fewer; what has one keeps it', async () => {
    const { places, served, held, ask, settle } = bench(2);
    for (const name of ['a', 'b', 'c', 'd']) ask(name);
    places.allow(3);
    await settle();
    expect(served).toEqual(['a', 'b', 'c']);
    places.allow(1);
    held.get('a')?.[Symbol.dispose]();
    held.get('b')?.[Symbol.dispose]();
    await settle();
    expect(served).toEqual(['a', 'b', 'c']);
    held.get('c')?.[Symbol.dispose]();
    await settle();
    expect(served).toEqual(['a', 'b', 'c', 'd']);
  });
});
