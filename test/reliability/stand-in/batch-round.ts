import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Stage } from '../../../lib/aws/names.ts';
import type { Outcome } from '../../../lib/transfer/batch/outcome.ts';
import type { Pipeline } from '../../e2e/pipeline.ts';
import { PREFIX } from '../../e2e/pipeline.ts';
import type { Origin } from '../../support/origin.ts';
import { sendResource } from '../../support/origin-resource.ts';
import { outcomesIn } from '../../support/outcomes.ts';
import { killWorker, workersOf } from './workers.ts';

const MIB = 1024 ** 2;
const FOLDER = 'killed';
const SEED = 5;
/** Between two checkpoints of a worker whose function has 20 s (a quarter of its 15), and for one to be written. */
const CHECKPOINT_MS = 3_750 + 2_000;
const LONGEST_MS = 1_200_000;
/** Most are workers of shards; those who decide and who read the list die as well. */
const DOOMED: readonly Stage[] = ['fetcher', 'fetcher', 'fetcher', 'finalizer', 'planner'];

export interface BatchRoundScene {
  readonly pipeline: Pipeline;
  readonly origin: Origin;
  readonly standInPid: number;
}

export interface BatchRoundPlan {
  readonly small: number;
  readonly large: number;
  /** Of functions that were at work. */
  readonly kills: number;
}

export interface BatchRoundResult {
  readonly seconds: number;
  /** At work, by stage. */
  readonly killed: Readonly<Partial<Record<Stage, number>>>;
  readonly kept: number;
  /** GETs of small entries beyond the first of each. */
  readonly again: number;
  /** GETs of small entries in the time before a fetcher was killed that its last checkpoint may have missed. */
  readonly atStake: number;
  readonly wrong: readonly string[];
}

interface File {
  readonly name: string;
  readonly size: number;
}

/** One batch, whose functions are killed at random moments of it. */
export async function playBatchRound(
  scene: BatchRoundScene,
  plan: BatchRoundPlan,
  random: () => number,
): Promise<BatchRoundResult> {
  const { pipeline, origin } = scene;
  const files = filesOf(plan);
  const asked = new Map<string, number>();
  const askedAt: number[] = [];
  for (const { name, size } of files)
    origin.serve(`/${FOLDER}/${name}`, async (request, response, logged) => {
      if (size < MIB) {
        asked.set(name, (asked.get(name) ?? 0) + 1);
        askedAt.push(Date.now());
        // So that kills meet some under way.
        await sleep(200);
      }
      await sendResource({ size, seed: SEED, bytesPerSecond: 3 * MIB }, request, response, logged);
    });
  const begun = Date.now();
  const id = await submit(pipeline, origin, files);
  const over = new AbortController();
  const killing = killSome(scene, plan.kills, random, over.signal);
  const record = await untilOver(pipeline, id, begun + LONGEST_MS);
  const seconds = (Date.now() - begun) / 1000;
  over.abort();
  const { killed, kept, fetcherKilledAt } = await killing;
  const isAtStake = (at: number) => fetcherKilledAt.some((when) => at > when - CHECKPOINT_MS && at <= when);
  const atStake = askedAt.filter(isAtStake).length;
  const again = [...asked.values()].reduce((sum, times) => sum + times - 1, 0);
  const wrong = [...(await wrongIn(pipeline, id, record, files))];
  if (again > atStake) wrong.push(`${again} small entries were fetched again, and ${atStake} were at stake`);
  return { seconds, killed, kept, again, atStake, wrong };
}

/** Large ones among the small ones, at even distances. */
function filesOf({ small, large }: BatchRoundPlan): readonly File[] {
  const every = Math.ceil((small + large) / Math.max(1, large));
  return Array.from({ length: small + large }, (_, index) => ({
    name: `${index}.bin`,
    size: index % every === every - 1 ? 12 * MIB + index : 1000 + index,
  }));
}

async function submit(pipeline: Pipeline, origin: Origin, files: readonly File[]): Promise<string> {
  const request = {
    entries: files.map(({ name }) => ({ sources: [`${origin.base}/${FOLDER}/${name}`] })),
    destination: { bucket: pipeline.buckets.target, prefix: `${PREFIX}${FOLDER}/` },
  };
  const { status, body } = await pipeline.call('POST', '/v1/batches', request, { 'idempotency-key': randomUUID() });
  if (status !== 202) throw new Error(`POST answered ${status}: ${JSON.stringify(body)}`);
  return String(body['id']);
}

async function killSome(
  { standInPid }: BatchRoundScene,
  most: number,
  random: () => number,
  over: AbortSignal,
): Promise<Pick<BatchRoundResult, 'killed' | 'kept'> & { readonly fetcherKilledAt: readonly number[] }> {
  const killed: Partial<Record<Stage, number>> = {};
  const fetcherKilledAt: number[] = [];
  let kept = 0;
  for (let hits = 0; hits < most && !over.aborted; ) {
    await sleep(500 + random() * 4000);
    const stage = DOOMED[Math.floor(random() * DOOMED.length)] ?? 'fetcher';
    const workers = await workersOf(standInPid, [stage]);
    const worker = workers[Math.floor(random() * workers.length)];
    if (worker === undefined || over.aborted) continue;
    if (stage === 'fetcher') fetcherKilledAt.push(Date.now());
    if (await killWorker(worker, standInPid)) {
      hits += 1;
      killed[stage] = (killed[stage] ?? 0) + 1;
    } else kept += 1;
  }
  return { killed, kept, fetcherKilledAt };
}

/** As the record says; asking the API would keep its function busy. */
async function untilOver(pipeline: Pipeline, id: string, deadline: number): Promise<Record<string, unknown>> {
  const where = { Bucket: pipeline.output('RecordsBucket'), Key: `batches/${id}.json` };
  for (;;) {
    const { Body } = await pipeline.s3.send(new GetObjectCommand(where));
    const { value } = JSON.parse((await Body?.transformToString()) ?? '{}') as { value: Record<string, unknown> };
    if (value['endedAt'] !== undefined || Date.now() > deadline) return value;
    await sleep(1000);
  }
}

async function wrongIn(
  pipeline: Pipeline,
  id: string,
  record: Record<string, unknown>,
  files: readonly File[],
): Promise<readonly string[]> {
  if (record['status'] !== 'completed') return [`it is ${JSON.stringify(record)}`];
  const wrong: string[] = [];
  const where = { Bucket: pipeline.buckets.target, Key: `${PREFIX}${FOLDER}/piecework-report-${id}.jsonl` };
  const { Body } = await pipeline.s3.send(new GetObjectCommand(where));
  const outcomes: readonly Outcome[] = outcomesIn((await Body?.transformToString()) ?? '');
  const numbers = outcomes.map(({ entry }) => entry).join();
  if (numbers !== files.map((_, index) => index + 1).join()) wrong.push(`the report has the entries ${numbers}`);
  for (const { entry, kind, error } of outcomes)
    if (kind !== 'done') wrong.push(`entry ${entry} is ${kind} (${error?.code})`);
  for (const { name, size } of files)
    await pipeline.prove(`${FOLDER}/${name}`, size, SEED).catch((error: unknown) => wrong.push(String(error)));
  return wrong;
}
