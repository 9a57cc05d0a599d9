import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { bootstrap, deploy, deployApp } from '../e2e/deploy.ts';
import { bucketsOf, Pipeline, PREFIX } from '../e2e/pipeline.ts';
import type { Cloud } from '../e2e/stand-in.ts';
import { startCloud } from '../e2e/stand-in.ts';
import { startOrigin } from '../support/origin.ts';
import { lettersLeft, untilQueuesAreEmpty } from './stand-in/leftovers.ts';

// By hand: npm run upgrade -- --from REVISION [--transfers 20]
// Deploys an earlier revision, lets transfers begin, deploys this one over it while they run, lets more begin, and
// goes back to the earlier one while those run. Every object must be there byte for byte, no message put aside, no
// dead letter. The earlier revision is built in a git worktree of its own, with its own packages. Ends with 1 if
// anything was lost.

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const STACK = 'PieceworkUpgrade';
const MIB = 1024 ** 2;
const SIZE = 24 * MIB;
/** Of one connection: a transfer lasts for a deploy. */
const BYTES_PER_SECOND = MIB / 2;

const { values } = parseArgs({
  options: { from: { type: 'string' }, transfers: { type: 'string', default: '20' } },
});
if (values.from === undefined) throw new Error('say which revision is upgraded: npm run upgrade -- --from v0.1.0');
const count = Number(values.transfers);
const began = Date.now();
const say = (text: string) =>
  process.stdout.write(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${text}\n`);

await using things = new AsyncDisposableStack();
const earlier = await checkOut(values.from);
const origin = things.use(await startOrigin());
const cloud = things.use(await startCloud());
await bootstrap(cloud);
const context = {
  stackName: STACK,
  destinations: `s3://${bucketsOf(cloud).target}/${PREFIX}`,
  standIn: 'true',
  ports: String(origin.port),
  privateHosts: '127.0.0.1',
};
const deployEarlier = async () => await deployApp(cloud, earlier, STACK, context);

let pipeline = new Pipeline(cloud, await deployEarlier());
await pipeline.s3.send(new CreateBucketCommand({ Bucket: bucketsOf(cloud).target }));
say(`deployed ${values.from}: ${await versionOf(cloud)}`);
const first = await begin('before', count);
await untilSomeMove(first);
pipeline = new Pipeline(cloud, await deploy(cloud, STACK, context));
say(`deployed this revision over it: ${await openOf(first)} of ${count} still run`);
const second = await begin('between', count);
await untilSomeMove(second);
pipeline = new Pipeline(cloud, await deployEarlier());
say(`went back: ${await openOf(second)} of ${count} of the second still run`);
const third = await begin('after', 2);
for (const [key, id] of [...first, ...second, ...third]) {
  await pipeline.until(id, 'completed');
  await pipeline.prove(key, SIZE);
}
say(`${first.length + second.length + third.length} transfers completed, each byte for byte`);
await untilQueuesAreEmpty(pipeline);
const letters = await lettersLeft(pipeline);
say(`put aside or dead: ${letters.length === 0 ? 'none' : letters.join(', ')}`);
if (letters.length > 0) process.exitCode = 1;

async function begin(name: string, howMany: number): Promise<(readonly [key: string, id: string])[]> {
  return await Promise.all(
    Array.from({ length: howMany }, async (_, index) => {
      const key = `${name}-${index}`;
      const url = origin.serve(`/${key}`, { size: SIZE, bytesPerSecond: BYTES_PER_SECOND });
      return [key, await pipeline.submit(url, key, { pieceSizeBytes: 5 * MIB, parallelism: 2 })] as const;
    }),
  );
}

async function untilSomeMove(some: readonly (readonly [string, string])[]): Promise<void> {
  for (;;) {
    const statuses = await Promise.all(some.map(async ([, id]) => (await pipeline.status(id))['status']));
    if (statuses.filter((status) => status === 'transferring').length >= some.length / 2) return;
    if (statuses.every((status) => status === 'completed')) throw new Error('they were over too soon to show anything');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function openOf(some: readonly (readonly [string, string])[]): Promise<number> {
  const statuses = await Promise.all(some.map(async ([, id]) => (await pipeline.status(id))['status']));
  return statuses.filter((status) => status !== 'completed').length;
}

async function versionOf({ kind }: Cloud): Promise<string> {
  const { stdout } = await run('git', ['log', '-1', '--format=%h %s'], { cwd: earlier });
  return `${stdout.trim()} on ${kind}`;
}

/** The revision's own tree, packages and functions. @returns its folder, which goes at the end */
async function checkOut(revision: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-earlier-'));
  const tree = join(folder, 'tree');
  await run('git', ['worktree', 'add', '--detach', tree, revision], { cwd: ROOT });
  things.defer(async () => {
    await run('git', ['worktree', 'remove', '--force', tree], { cwd: ROOT });
    await rm(folder, { recursive: true, force: true });
  });
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
  await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: tree, env, maxBuffer: 64 * MIB });
  await run('npm', ['run', 'bundle'], { cwd: tree, env, maxBuffer: 64 * MIB });
  say(`built ${revision}`);
  return tree;
}
