import { expect, test } from 'vitest';
import type { About } from '../../lib/aws/messages/dead-letters.ts';
import { aboutPlan, aboutResult } from '../../lib/aws/messages/dead-letters.ts';
import { tickAll } from '../../lib/aws/tick/tick.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import { KEYS } from '../../lib/records/records.ts';
import { acceptedBatch } from '../../lib/transfer/batch/batch-transitions.ts';
import type { TransferRecord } from '../../lib/transfer/record/record.ts';
import { accepted, NOW } from '../support/a-transfer.ts';
import { memoryLetters } from '../support/memory-letters.ts';
import { stillPorts } from '../support/still-ports.ts';
import { tickHome } from '../support/tick-home.ts';

const plan = (transferId: string) => JSON.stringify({ kind: 'plan', v: 1, transferId });
const report = (batchId: string) => JSON.stringify({ kind: 'report', v: 1, batchId });
const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };

async function bench() {
  const { ports } = stillPorts();
  const { rev: _, writeId: __, ...fresh } = accepted();
  const put = (id: string, changes: Partial<TransferRecord>) => createTransfer(ports, { ...fresh, id, ...changes });
  await put('goes-on', {});
  await put('failed', { status: 'failed', endedAt: new Date(NOW).toISOString() });
  const options = { ifExists: 'if-changed', maxAttempts: 1, object: {} } as const;
  const asked = { id: 'over', destination: '', place: { kind: 's3' }, options, list: { from: '', format: '' } };
  const batch = acceptedBatch(asked, NOW);
  await ports.records.put(KEYS.batch('over'), { ...batch, status: 'completed' }, 'absent');
  await ports.records.put(KEYS.batch('running'), { ...batch, id: 'running' }, 'absent');
  return ports;
}

test('a tick deletes the dead letters of what has ended, and leaves all others where people see them', async () => {
  const ports = await bench();
  const stays = [plan('goes-on'), plan('unknown'), 'no JSON', report('running')];
  const plans = memoryLetters(plan('failed'), ...stays, report('over'));
  const tick = (transferId: string) => JSON.stringify({ kind: 'tick', v: 1, transferId });
  const results = memoryLetters(tick('goes-on'), tick('failed'));
  const dropped: (readonly [string, About])[] = [];
  const home = tickHome(ports, {
    deadLetters: {
      plans: { letters: plans, about: aboutPlan },
      results: { letters: results, about: aboutResult },
    },
    letterDropped: (queue, about) => void dropped.push([queue, about]),
  });
  await tickAll(home, CONTEXT);
  expect(plans.visible()).toEqual(stays);
  expect(results.visible()).toEqual([tick('goes-on')]);
  expect(dropped).toMatchObject([
    ['plans', { transferId: 'failed' }],
    ['plans', { batchId: 'over' }],
    ['results', { transferId: 'failed' }],
  ]);
});

test('a queue that can not be read harms neither the tick nor the other queue', async () => {
  const ports = await bench();
  const failed: object[] = [];
  const broken = { ...memoryLetters(), take: () => Promise.reject(new Error('denied')) };
  const results = memoryLetters(JSON.stringify({ kind: 'tick', v: 1, transferId: 'failed' }));
  const measured: string[] = [];
  const home = tickHome(ports, {
    deadLetters: {
      plans: { letters: broken, about: aboutPlan },
      results: { letters: results, about: aboutResult },
    },
    tickFailed: (about) => void failed.push(about),
    measure: (name) => void measured.push(name),
  });
  await tickAll(home, CONTEXT);
  expect([failed, results.bodies()]).toEqual([[{ queue: 'plans' }], []]);
  expect(measured).toContain('ActiveTransfers');
});

test('one tick looks at a bounded number of them', async () => {
  const ports = await bench();
  const plans = memoryLetters(...Array.from({ length: 130 }, () => plan('goes-on')));
  const home = tickHome(ports, { deadLetters: { plans: { letters: plans, about: aboutPlan } } });
  let taken = 0;
  const { take } = plans;
  plans.take = async () => {
    const some = await take();
    taken += some.length;
    return some;
  };
  await tickAll(home, CONTEXT);
  expect([taken, plans.visible().length]).toEqual([100, 130]);
});
