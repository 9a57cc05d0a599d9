import type { Subject } from '../../../lib/aws/messages/subjects.ts';
import { nameOf, subjectOf } from '../../../lib/aws/messages/subjects.ts';
import { onFetcherMessage } from '../../../lib/aws/stages/fetcher.ts';
import { onSubjects } from '../../../lib/aws/stages/finalizer.ts';
import { onPlannerMessage } from '../../../lib/aws/stages/planner.ts';
import { PieceworkError } from '../../../lib/errors/error.ts';
import { activeBatches, reconcileBatch } from '../../../lib/pipeline/batch/deployed/advance/reconcile-batch.ts';
import { fleetMemory } from '../../../lib/pipeline/batch/deployed/work/fleet-memory.ts';
import { fetcherMemory } from '../../../lib/pipeline/fetch/fetcher-memory.ts';
import { cancelBatch } from '../../../lib/pipeline/requests/batches/cancel-batch.ts';
import { retryBatch } from '../../../lib/pipeline/requests/batches/retry-batch.ts';
import { submitBatch } from '../../../lib/pipeline/requests/batches/submit-batch.ts';
import { activeTransfers } from '../../../lib/pipeline/shared/markers.ts';
import type { Ports } from '../../../lib/pipeline/shared/ports.ts';
import { reconcile } from '../../../lib/pipeline/upkeep/reconcile.ts';
import { KEYS } from '../../../lib/records/records.ts';
import type { BatchRecord } from '../../../lib/transfer/batch/batch-record.ts';
import { isBatchOver, runOf } from '../../../lib/transfer/batch/batch-record.ts';
import { chanceFrom } from '../chance.ts';
import { Died } from './batch-world.ts';
import { endTransfer } from './end-transfer.ts';
import { FleetWatch, faultsAtEnd } from './fleet-invariants.ts';
import type { FleetWorld, Message } from './fleet-world.ts';
import { fleetPorts, fleetWorld, SMALL_BYTES } from './fleet-world.ts';

const MINUTE_MS = 60_000;
const MOST_STEPS = 600;
const CALM_AFTER = 150;
const MOST_RECEIVES = 4;
const KEY = { keyHash: 'key', requestHash: 'request' };
const never = new AbortController().signal;

/**
 * Plays one batch on the code of the functions: messages are lost, doubled, late and out of order, workers die at any
 * call and are at work two at a time, it is cancelled and retried at any moment. @returns what is wrong with it
 */
export async function playFleet(seed: number): Promise<readonly string[]> {
  const world = fleetWorld(chanceFrom(seed));
  const { chance } = world;
  const watch = new FleetWatch(world);
  const cancelAt = chance.hit(0.25) ? chance.between(1, 60) : undefined;
  let retries = chance.hit(0.4) ? 1 : 0;
  let batch = await submitted(world);
  for (let steps = 1; steps <= MOST_STEPS; steps += 1) {
    world.isCalm = steps > CALM_AFTER;
    batch = (await world.records.get(KEYS.batch(batch.id)))?.value ?? batch;
    if (isBatchOver(batch) && retries > 0 && chance.hit(0.5)) {
      retries -= 1;
      await asCaller(world, (ports) => retryBatch(ports, batch.id, 'ben'));
    } else if (steps === cancelAt) await asCaller(world, (ports) => cancelBatch(ports, batch.id, 'ben', never));
    const due = takeDue(world);
    if (due.length === 0) await tick(world);
    else await Promise.all(withTwins(world, due).map(async (message) => await deliver(world, message)));
    const faults = await watch.faults(batch.id);
    if (faults.length > 0) return faults.map((fault) => `step ${steps}: ${fault}`);
    if (await isSettled(world, batch.id)) return await faultsAtEnd(world, batch.id, cancelAt !== undefined);
  }
  const board = (await world.records.get(KEYS.board(batch.id)))?.value;
  return [`does not end: ${JSON.stringify(batch)} ${JSON.stringify(board)}`];
}

async function submitted(world: FleetWorld): Promise<BatchRecord> {
  for (;;) {
    try {
      return await submitBatch(fleetPorts(world, livesFor(world)), {
        owner: 'ada',
        list: { kind: 'inline', entries: world.entries.map(({ url, name }) => ({ sources: [url], name })) },
        destination: { kind: 's3', bucket: 'bucket', key: 'in/' },
        options: { ifExists: 'if-changed', maxAttempts: 4, object: {} },
        idempotency: KEY,
      });
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
  }
}

async function asCaller(world: FleetWorld, act: (ports: Ports) => Promise<unknown>): Promise<void> {
  try {
    await act(fleetPorts(world, livesFor(world)));
  } catch (error) {
    if (!isExpected(error)) throw error;
  }
}

function livesFor({ chance, isCalm }: FleetWorld): number {
  return isCalm || !chance.hit(0.25) ? Number.POSITIVE_INFINITY : chance.between(1, 120);
}

/** Up to three that are due, in any order. */
function takeDue(world: FleetWorld): readonly Message[] {
  const due: Message[] = [];
  for (let most = world.chance.between(1, 3); most > 0; most -= 1) {
    const ready = world.messages.filter(({ dueAt }) => dueAt <= world.now);
    if (ready.length === 0) break;
    const message = world.chance.pick(ready);
    world.messages.splice(world.messages.indexOf(message), 1);
    due.push(message);
  }
  return due;
}

/** Now and then two workers have one message at the same moment. */
function withTwins({ chance, isCalm }: FleetWorld, messages: readonly Message[]): readonly Message[] {
  return messages.flatMap((message) => (isCalm || !chance.hit(0.1) ? [message] : [message, message]));
}

async function deliver(world: FleetWorld, message: Message): Promise<void> {
  const ports = fleetPorts(world, livesFor(world));
  try {
    await handle(world, ports, message);
  } catch (error) {
    if (!isExpected(error)) throw error;
    const receives = message.receives + 1;
    if (receives < MOST_RECEIVES) {
      const waitMs = world.chance.below(3 * MINUTE_MS);
      world.messages.push({ ...message, receives, dueAt: world.now + waitMs });
    } else if (message.stage === 'fetcher') {
      // Its dead letters are the finalizer's.
      const body = { kind: 'dead-shard', v: 1, task: message.body };
      world.messages.push({ stage: 'finalizer', body, receives: 0, dueAt: world.now });
    }
  }
}

async function handle(world: FleetWorld, ports: Ports, { stage, body }: Message): Promise<void> {
  if (stage === 'planner') {
    const message = body as Parameters<typeof onPlannerMessage>[1];
    if (message.kind === 'plan' || message.kind === 'finish') await endTransfer(world, ports, message.transferId);
    else await onPlannerMessage(ports, message, never);
  } else if (stage === 'fetcher') {
    const shards = fleetMemory(ports, { mostBytes: SMALL_BYTES, allBytes: 8 * SMALL_BYTES });
    const task = body as Parameters<typeof onFetcherMessage>[2];
    await onFetcherMessage(ports, { pieces: fetcherMemory(ports), shards }, task, never);
  } else {
    const subjects: readonly Subject[] = [subjectOf(body as Parameters<typeof subjectOf>[0])];
    if (nameOf(subjects[0] as Subject) !== '') await onSubjects(ports, subjects, never);
  }
}

/** The schedule's, a minute later; later still where there is nothing but a hold to wait for. */
async function tick(world: FleetWorld): Promise<void> {
  world.now += MINUTE_MS;
  for await (const active of activeBatches({ records: world.records })) {
    const batch = (await world.records.get(KEYS.batch(active.batchId)))?.value;
    if (batch !== undefined && isBatchOver(batch) && batch.heldUntil !== undefined && batch.announced === true)
      world.now = Math.max(world.now, Date.parse(batch.heldUntil) + (world.chance.hit(0.3) ? 1 : -MINUTE_MS));
    await asCaller(world, (ports) => reconcileBatch(ports, active, never));
  }
  for await (const active of activeTransfers({ records: world.records }))
    await asCaller(world, (ports) => reconcile(ports, active, { now: false }, never));
}

async function isSettled(world: FleetWorld, id: string): Promise<boolean> {
  const batch = (await world.records.get(KEYS.batch(id)))?.value;
  if (batch === undefined || !isBatchOver(batch) || world.messages.length > 0) return false;
  for (let run = 1; run <= runOf(batch) + 1; run += 1)
    if ((await world.records.get(KEYS.activeBatch(id, run))) !== undefined) return false;
  return true;
}

/** A worker that died, a caller that is refused, a swap that was lost, an answer that was. */
function isExpected(error: unknown): boolean {
  if (error instanceof Died || String(error).includes('killed')) return true;
  const codes = ['Conflict', 'HomeUnavailable', 'BatchEnded', 'BatchRunning', 'SourceNeeded', 'Cancelled'];
  return error instanceof PieceworkError && (codes.includes(error.code) || String(error.cause).includes('killed'));
}
