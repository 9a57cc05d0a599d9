import { parseArgs } from 'node:util';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { anchorOf } from '../../lib/aws/ops/doctor/finding.ts';
import { bootstrap, deploy } from '../e2e/deploy.ts';
import { bucketsOf, Pipeline, PREFIX } from '../e2e/pipeline.ts';
import { startCloud } from '../e2e/stand-in.ts';
import { MadeTables } from '../support/made-tables.ts';
import { startOrigin } from '../support/origin.ts';
import { CASES } from './cases/all.ts';
import type { Shown } from './rehearse.ts';
import { rehearse } from './rehearse.ts';
import { Scene, STREAM_WORKERS } from './scene.ts';

// By hand: npm run rehearse -- [--only TEXT] [--write] What the runbook says, done: the causes of alarms are brought
// about on a stand-in for AWS, found and mended with the runbook's own commands, and nothing is lost. `--write` puts
// the table into docs/runbook.md. Ends with 1 if a case fails.

const STACK = 'PieceworkRehearsal';
const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
});

await using things = new AsyncDisposableStack();
const cloud = things.use(await startCloud());
const origin = things.use(await startOrigin());
const { target } = bucketsOf(cloud);
await bootstrap(cloud);
const context = {
  destinations: `s3://${target}/${PREFIX}`,
  standIn: 'true',
  ports: String(origin.port),
  privateHosts: '127.0.0.1',
  // Only where there is one to call are there groups.
  alarmTopic: `arn:aws:sns:${cloud.region}:${cloud.account}:rehearsal`,
  maxStreams: String(STREAM_WORKERS),
};
const pipeline = new Pipeline(cloud, await deploy(cloud, STACK, context));
await pipeline.s3.send(new CreateBucketCommand({ Bucket: target }));
const scene = new Scene(cloud, STACK, pipeline, origin);
await scene.loadAlarms();

const shown: Shown[] = [];
for (const one of CASES.filter(({ cause }) => cause.includes(values.only))) {
  process.stdout.write(`${one.alarm ?? 'no alarm'}: ${one.cause}\n`);
  try {
    shown.push(await rehearse(scene, one));
    process.stdout.write('  shown, mended, nothing lost\n');
  } catch (error) {
    process.exitCode = 1;
    process.stdout.write(`  FAILED: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
const table = tableOf(shown);
process.stdout.write(`\n${table}\n`);
if (values.write && process.exitCode !== 1)
  new MadeTables('docs/runbook.md', 'npm run rehearse -- --write').write({ rehearsals: table });

function tableOf(all: readonly Shown[]): string {
  return [
    '| Alarm | Called for by | Cause | Its metric: at the worst, threshold, afterwards | What was typed |',
    '| --- | --- | --- | --- | --- |',
    ...all.map(({ alarm, group, saidBy, cause, metric, typed }) => {
      const heading = alarm === undefined ? `none: ${saidBy}` : linkTo(alarm);
      const caller = alarm === undefined ? '' : group === undefined ? 'itself' : linkTo(group);
      const numbers = metric === undefined ? '' : `${metric.worst}, ${metric.threshold}, ${metric.after}`;
      const commands = typed.map((line) => `\`${line.replace(/01[0-9A-Z]{24}/g, 'ID')}\``).join(', ');
      return `| ${heading} | ${caller} | ${cause} | ${numbers} | ${commands === '' ? (alarm === undefined ? 'nothing' : 'none: the log names the right') : commands} |`;
    }),
  ].join('\n');
}

function linkTo(heading: string): string {
  return `[${heading}](#${anchorOf(heading)})`;
}
