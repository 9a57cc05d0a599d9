import { parseArgs } from 'node:util';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { bootstrap, deploy } from '../e2e/deploy.ts';
import { bucketsOf, Pipeline, PREFIX } from '../e2e/pipeline.ts';
import { startCloud } from '../e2e/stand-in.ts';
import { startOrigin } from '../support/origin.ts';
import { seeded } from './seeded.ts';
import { playBatchRound } from './stand-in/batch-round.ts';
import { tickHoursLater } from './stand-in/hours-later.ts';
import { lettersLeft, untilQueuesAreEmpty } from './stand-in/leftovers.ts';

// By hand: npm run rounds:stand-in-batch -- [--small 400] [--large 4] [--kills 8] [--seed 1]. One batch on the deployed
// functions on a stand-in for AWS, which are killed at random moments until so many were hit at work. Ends with 1 if an
// outcome is missing or wrong, bytes are, more is fetched again than was at stake, or something is left behind.

const { values } = parseArgs({
  options: {
    small: { type: 'string', default: '400' },
    large: { type: 'string', default: '4' },
    kills: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
  },
});

await using things = new AsyncDisposableStack();
const origin = things.use(await startOrigin());
const cloud = things.use(await startCloud());
const { pid } = cloud;
if (pid === undefined) throw new Error(`the workers of ${cloud.kind} are out of sight`);
await bootstrap(cloud);
const { target } = bucketsOf(cloud);
const context = {
  destinations: `s3://${target}/${PREFIX}`,
  standIn: 'true',
  ports: String(origin.port),
  privateHosts: '127.0.0.1',
};
const pipeline = new Pipeline(cloud, await deploy(cloud, 'PieceworkBatchRounds', context));
await pipeline.s3.send(new CreateBucketCommand({ Bucket: target }));
const say = (text: string): void => void process.stdout.write(`${text}\n`);
say(`deployed to ${cloud.kind}; seed ${values.seed}`);

const plan = { small: Number(values.small), large: Number(values.large), kills: Number(values.kills) };
const { seconds, killed, kept, again, atStake, wrong } = await playBatchRound(
  { pipeline, origin, standInPid: pid },
  plan,
  seeded(Number(values.seed)),
);
say(`${plan.small} small and ${plan.large} large entries in ${seconds.toFixed(0)} s`);
say(`killed at work: ${JSON.stringify(killed)}; between two calls: ${kept}`);
say(`small entries fetched again: ${again}, of ${atStake} that were at stake`);
await untilQueuesAreEmpty(pipeline);
const failed = await tickHoursLater(cloud, pid);
const left = [...failed, ...(await pipeline.leftovers()), ...(await lettersLeft(pipeline))];
for (const fault of [...wrong, ...left.map((what) => `left behind: ${what}`)]) say(fault);
const isWell = wrong.length === 0 && left.length === 0;
say(isWell ? 'all is well' : 'it went wrong');
process.exitCode = isWell ? 0 : 1;
