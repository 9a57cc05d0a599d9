import { parseArgs } from 'node:util';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { bootstrap, deploy } from '../e2e/deploy.ts';
import { bucketsOf, Pipeline, PREFIX } from '../e2e/pipeline.ts';
import { startCloud } from '../e2e/stand-in.ts';
import { startOrigin } from '../support/origin.ts';
import { startRelay } from './relay.ts';
import { seeded } from './seeded.ts';
import { tickHoursLater } from './stand-in/hours-later.ts';
import { lettersLeft, untilQueuesAreEmpty } from './stand-in/leftovers.ts';
import type { RoundResult } from './stand-in/round.ts';
import { playRound } from './stand-in/round.ts';

// By hand: npm run rounds:stand-in -- [--rounds 30] [--seed 1] [--at-once 1] The deployed functions on a
// stand-in for AWS, whose workers are killed, and which is cut off from them, while they move random data.
// There is no help between two rounds. Rounds that are played at once meet each other's faults too. Ends with 1 if
// anything was lost, mixed or left behind.

const MIB = 1024 ** 2;
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '1' },
  },
});

await using things = new AsyncDisposableStack();
let standInPort = 0;
const origin = things.use(await startOrigin());
const toSource = things.use(await startRelay(() => origin.port));
const toStandIn = things.use(await startRelay(() => standInPort));
const cloud = things.use(await startCloud({ functionsPort: toStandIn.port }));
const { pid, endpoint } = cloud;
if (pid === undefined || endpoint === undefined) throw new Error(`the workers of ${cloud.kind} are out of sight`);
standInPort = Number(new URL(endpoint).port);
await bootstrap(cloud);
const { target } = bucketsOf(cloud);
const context = {
  destinations: `s3://${target}/${PREFIX}`,
  standIn: 'true',
  ports: String(toSource.port),
  privateHosts: '127.0.0.1',
};
const pipeline = new Pipeline(cloud, await deploy(cloud, 'PieceworkRounds', context));
await pipeline.s3.send(new CreateBucketCommand({ Bucket: target }));
process.stdout.write(`deployed to ${cloud.kind} at ${endpoint}; seed ${values.seed}\n`);

const counts = new Map<string, number>();
const count = (name: string, by = 1) => counts.set(name, (counts.get(name) ?? 0) + by);
let bad = 0;
const printed: Promise<void>[] = [];
const scene = {
  pipeline,
  origin,
  standInPid: pid,
  toStandIn,
  toSource,
  mood: { isBusy: false },
  lastOutage: Promise.resolve(),
};
let next = Number(values.seed);
const last = next + Number(values.rounds) - 1;
const lane = async () => {
  while (next <= last) {
    const seed = next;
    next += 1;
    printed.push(print(seed, await playRound(scene, seed, seeded(seed * 1000))));
  }
};
await Promise.all(Array.from({ length: Number(values['at-once']) }, lane));
await Promise.all(printed);
await untilQueuesAreEmpty(pipeline);
const failed = await tickHoursLater(cloud, pid);
const left = [...failed, ...(await pipeline.leftovers()), ...(await lettersLeft(pipeline))];
if (left.length > 0) bad += 1;

process.stdout.write(`\n${[...counts].map(([name, times]) => `${name}: ${times}`).join('\n')}\n`);
process.stdout.write(`left at the end: ${left.length === 0 ? 'nothing' : left.join(', ')}\n`);
process.stdout.write(bad === 0 ? `all ${values.rounds} rounds ended well\n` : `${bad} things went wrong\n`);
process.exitCode = bad === 0 ? 0 : 1;

/** When it is known what is left, which may be during the next rounds. */
async function print(seed: number, { moved, played, ends, seconds, wrong, left }: RoundResult): Promise<void> {
  const after = await left;
  const problems = [...wrong, ...after.wrong.map((what) => `left behind: ${what}`)];
  if (problems.length > 0) bad += 1;
  for (const { kind, atWork, kept } of played) {
    count(`fault, ${kind}`);
    count('workers killed at work', atWork);
    count('workers killed between two calls', kept);
  }
  for (const [index, { kind }] of moved.entries()) count(`transfer, ${kind}: ${ends[index]}`);
  count('creates that wait for their hour', after.waiting);
  const what = moved.map(({ kind, sizeBytes }) => `${kind} ${(sizeBytes / MIB).toFixed(1)} MiB`).join(', ');
  const faults = played.map(({ kind, atWork, kept }) =>
    atWork + kept === 0 ? kind : `${kind} (${atWork} of ${atWork + kept} at work)`,
  );
  process.stdout.write(
    `${seed}\t${what}\t${faults.join(', ')}\t${ends.join(', ')}\t${seconds.toFixed(0)} s\t${problems.length === 0 ? 'ok' : problems.join('; ')}\n`,
  );
}
