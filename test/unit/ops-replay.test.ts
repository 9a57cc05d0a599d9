import { describe, expect, test } from 'vitest';
import type { ReplayedLetter } from '../../lib/aws/ops/replay/replay.ts';
import { replay } from '../../lib/aws/ops/replay/replay.ts';
import { routeOf } from '../../lib/aws/ops/replay/route.ts';
import type { Letter } from '../../lib/queues/sqs/letters.ts';
import { memoryLetters } from '../support/memory-letters.ts';

const json = (value: object) => JSON.stringify(value);
const PLAN = json({ kind: 'plan', v: 1, transferId: 'a' });
const TASK = { kind: 'piece', v: 1, transferId: 'a', planId: 'p', pieceNumber: 1, attempt: 1 };
const notice = (about: object) => {
  const detail = { id: 'a.1.completed', at: '2026-11-30T12:00:00.000Z', status: 'completed', ...about };
  return { kind: 'notify', v: 1, to: 'webhook', id: 'a', detail, tries: 0 };
};
const STRANGE = json({ kind: 'plan', v: 99, transferId: 'a' });
const never = new AbortController().signal;

describe('where a message belongs', () => {
  const shard = { kind: 'shard', v: 1, batchId: 'b', run: 1, shard: 1, turn: 1, places: 2 };
  test.each([
    [PLAN, 'plans', 'a'],
    [json({ kind: 'stream', v: 1, transferId: 'a', planId: 'p' }), 'streams', 'a'],
    [json({ kind: 'report', v: 1, batchId: 'b' }), 'plans', 'b'],
    [json(TASK), 'pieces', 'a'],
    [json(shard), 'pieces', 'b'],
    [json({ kind: 'tick', v: 1, transferId: 'a' }), 'results', 'a'],
    [json({ kind: 'dead', v: 1, task: TASK }), 'results', 'a'],
    [json({ kind: 'dead-shard', v: 1, task: shard }), 'results', 'b'],
    [json(notice({ transferId: 'a' })), 'notifications', 'a'],
    [json(notice({ batchId: 'b' })), 'notifications', 'b'],
  ])('%s', (body, to, id) => {
    expect(routeOf(body)).toMatchObject({ to, id });
  });

  test.each([
    ['no JSON', 'it is not JSON'],
    ['{}', 'it has no version "v"'],
    [STRANGE, 'its version 99 is not one of 1'],
    [json({ ...TASK, pieceNumber: 0 }), 'it does not have the form of a message (pieceNumber)'],
    [json({ kind: 'plan', v: 1 }), 'it does not have the form of a message (transferId)'],
    [json({ kind: 'none', v: 1 }), 'it does not have the form of a message (kind)'],
    [json({ ...notice({}), to: 'nobody' }), 'it does not have the form of a message (to)'],
  ])('%s is not understood, with why', (body, because) => {
    expect(routeOf(body)).toEqual({ because });
  });
});

function bench(options: { readonly fail?: boolean } = {}) {
  const dead = memoryLetters();
  const parked = memoryLetters();
  const sent: (readonly [to: string, body: string])[] = [];
  const seen: ReplayedLetter[] = [];
  const ports = {
    from: { 'dead plans': dead, parked },
    queues: ['plans', 'pieces', 'results'] as const,
    send: async (to: string, letters: readonly Letter[]) => {
      sent.push(...letters.map(({ body }) => [to, body] as const));
      if (options.fail === true) throw new Error('cut off after it was sent');
    },
  };
  const run = (dryRun = false) => replay(ports, { dryRun, onLetter: (letter) => seen.push(letter) }, never);
  return { dead, parked, sent, seen, ports, run };
}

describe('replay', () => {
  test('what is understood goes back to its queue; the rest stays, is seen again, and is named with why', async () => {
    const { dead, parked, sent, seen, run } = bench();
    dead.put(PLAN, STRANGE);
    parked.put('no JSON', json(TASK), json({ kind: 'tick', v: 1, transferId: 'b' }));
    expect(await run()).toEqual({ sent: 3, kept: 2 });
    expect(sent.map(([to]) => to)).toEqual(['plans', 'pieces', 'results']);
    expect([dead.visible(), parked.visible()]).toEqual([[STRANGE], ['no JSON']]);
    expect(seen.filter(({ route }) => 'because' in route).map(({ from }) => from)).toEqual(['dead plans', 'parked']);
  });

  test('what belongs to a queue that the deployment has not stays', async () => {
    const { parked, sent, seen, run } = bench();
    parked.put(json(notice({ transferId: 'a' })));
    expect(await run()).toEqual({ sent: 0, kept: 1 });
    expect([sent, seen.at(-1)?.route]).toEqual([[], { because: 'this deployment has no queue of notifications' }]);
  });

  test('a queue of more than one page is read to its end', async () => {
    const { dead, sent, run } = bench();
    dead.put(...Array.from({ length: 35 }, (_, index) => json({ kind: 'plan', v: 1, transferId: `t${index}` })));
    expect(await run()).toEqual({ sent: 35, kept: 0 });
    expect(sent).toHaveLength(35);
    expect(dead.bodies()).toEqual([]);
  });

  test('a dry run changes nothing', async () => {
    const { dead, sent, seen, run } = bench();
    dead.put(PLAN, STRANGE);
    expect(await run(true)).toEqual({ sent: 1, kept: 1 });
    expect([sent, seen.length, dead.visible()]).toEqual([[], 2, [PLAN, STRANGE]]);
  });

  test('cut off between sending and deleting, it loses nothing', async () => {
    const { dead, sent, run } = bench({ fail: true });
    dead.put(PLAN);
    await expect(run()).rejects.toThrow('cut off');
    expect([sent, dead.visible()]).toEqual([[['plans', PLAN]], [PLAN]]);
  });

  test('what a function puts aside again at once makes no circle', async () => {
    const { parked, sent, ports, seen, run } = bench();
    parked.put(PLAN);
    const { send } = ports;
    ports.send = async (to, letters) => {
      await send(to, letters);
      parked.put(...letters.map(({ body }) => body));
    };
    expect(await run()).toEqual({ sent: 1, kept: 1 });
    expect([sent.length, parked.visible()]).toEqual([1, [PLAN]]);
    expect(seen.at(-1)?.route).toEqual({ because: expect.stringContaining('a moment ago') });
  });
});
