import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Pipeline } from '../../e2e/pipeline.ts';
import { PREFIX } from '../../e2e/pipeline.ts';
import type { Origin } from '../../support/origin.ts';
import type { Fault, Played, Scene } from './faults.ts';
import { drawFaults, playFault } from './faults.ts';
import type { Left } from './leftovers.ts';
import { untilNothingIsLeft } from './leftovers.ts';
import type { Drawn } from './transfers.ts';
import { drawTransfers, serve } from './transfers.ts';

/** Far beyond anything that a killed worker can cost: a transfer that is still open then is lost. */
const LONGEST_MS = 900_000;
const ENDS = ['completed', 'failed', 'cancelled'];

export interface RoundScene extends Scene {
  readonly pipeline: Pipeline;
  readonly origin: Origin;
}

export interface RoundResult {
  readonly moved: readonly Drawn[];
  readonly played: readonly Played[];
  /** Status or code of each. */
  readonly ends: readonly string[];
  /** Until the last one had ended. */
  readonly seconds: number;
  readonly wrong: readonly string[];
  /** Goes on while the next round is played. */
  readonly left: Promise<Left>;
}

/** Some transfers of random content at the same time, and the round's faults among them. */
export async function playRound(scene: RoundScene, round: number, random: () => number): Promise<RoundResult> {
  const { pipeline, origin } = scene;
  const prefix = `round-${round}/`;
  const moved = drawTransfers(random);
  const faults = drawFaults(random, round);
  const begun = Date.now();
  const totalBytes = moved.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const over = new AbortController();
  const submitted = Promise.withResolvers<void>();
  const hasSent = (share: number) => bytesSent(origin, prefix) >= share * totalBytes;
  const playing = faults.map(async (fault) => await playAt(fault, scene, hasSent, submitted.promise, over.signal));

  const wrong: string[] = [];
  const ids = await Promise.all(
    moved.map(async (drawn, index) => {
      const path = `${prefix}${index}`;
      serve(origin, `/${path}`, drawn, scene.mood);
      return await pipeline.submit(`http://127.0.0.1:${scene.toSource.port}/${path}`, path, drawn.options);
    }),
  );
  submitted.resolve();
  const records = await Promise.all(ids.map((id) => untilOver(pipeline, id, begun + LONGEST_MS)));
  const seconds = (Date.now() - begun) / 1000;
  over.abort();
  const played = (await Promise.all(playing)).filter((one) => one !== undefined);
  const ends = records.map(({ status, reason }) => (status === 'failed' ? codeOf(reason) : String(status)));
  for (const [index, drawn] of moved.entries()) {
    const key = `${prefix}${index}`;
    const problem = await check(pipeline, String(ids[index]), key, drawn, ends[index] ?? '');
    if (problem !== undefined) wrong.push(`${ids[index]} (${drawn.kind}): ${problem}`);
    origin.remove(`/${key}`);
  }
  return { moved, played, ends, seconds, wrong, left: untilNothingIsLeft(pipeline, ids, PREFIX + prefix) };
}

async function playAt(
  fault: Fault,
  scene: Scene,
  hasSent: (share: number) => boolean,
  submitted: Promise<void>,
  over: AbortSignal,
): Promise<Played | undefined> {
  const { kind, after } = fault;
  // A submit while the stand-in is away fails, and is repeated.
  if (kind !== 'an API killed') await submitted;
  if ('ms' in after) await sleep(after.ms);
  else while (!hasSent(after.share) && !over.aborted) await sleep(20);
  return over.aborted ? undefined : await playFault(fault, scene, over);
}

/** As the record says; asking the API would keep its function busy. */
async function untilOver(pipeline: Pipeline, id: string, deadline: number): Promise<Record<string, unknown>> {
  for (;;) {
    const record = await pipeline.record(id);
    if (ENDS.includes(String(record['status']))) return record;
    if (Date.now() > deadline) return { status: `still ${String(record['status'])}` };
    await sleep(500);
  }
}

function codeOf(reason: unknown): string {
  return String((reason as { code?: unknown } | undefined)?.code);
}

/** What is wrong with the end of a transfer. */
async function check(
  pipeline: Pipeline,
  id: string,
  key: string,
  { end: wanted, sizeBytes, seed }: Drawn,
  end: string,
): Promise<string | undefined> {
  const where = { Bucket: pipeline.buckets.target, Key: PREFIX + key };
  if (end !== wanted) return `ended in ${end}, not in ${wanted}: ${JSON.stringify(await pipeline.record(id))}`;
  const answer = await pipeline.status(id);
  const status = wanted === 'completed' ? 'completed' : 'failed';
  if (answer['status'] !== status) return `the API says ${String(answer['status'])}`;
  if (wanted !== 'completed') return (await pipeline.exists(key)) ? 'an object is visible' : undefined;
  try {
    await pipeline.prove(key, sizeBytes, seed);
  } catch (error) {
    return String(error);
  }
  // The stand-in keeps objects in memory.
  await pipeline.s3.send(new DeleteObjectCommand(where));
  return undefined;
}

function bytesSent({ requests }: Origin, prefix: string): number {
  return requests.reduce((sum, { url, bytesSent: sent }) => (url.startsWith(`/${prefix}`) ? sum + sent : sum), 0);
}
