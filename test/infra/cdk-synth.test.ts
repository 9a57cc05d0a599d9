import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-synth-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The CDK's own command on this repository's app; the bundles are there already, `npm test` made them. */
async function synth(
  name: string,
  context: readonly string[],
): Promise<{ readonly failed: boolean; readonly said: string }> {
  const settings = context.flatMap((setting) => ['-c', setting]);
  const args = ['synth', '--quiet', '--no-notices', '--build', 'true', '--output', join(folder, name), ...settings];
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
  try {
    const { stdout, stderr } = await run(join(ROOT, 'node_modules', '.bin', 'cdk'), args, { cwd: ROOT, env });
    return { failed: false, said: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { failed: true, said: stdout + stderr };
  }
}

test.each([
  ['for AWS', ['destinations=s3://target/in/,s3://other']],
  ['for a stand-in', ['destinations=s3://target', 'standIn=true', 'privateHosts=127.0.0.1', 'ports=80,8080']],
  ['with an API key, under another name', ['destinations=s3://target', 'auth=apiKey', 'stackName=Other']],
])('cdk synth %s', async (name, context) => {
  const { failed, said } = await synth(name, context);
  expect(failed, said).toBe(false);
  // Our feature flags make errors of what CloudFormation would complain of.
  expect(said).not.toMatch(/warning/i);
  const files = await readdir(join(folder, name));
  expect(files).toContain(`${name.includes('another') ? 'Other' : 'Piecework'}.template.json`);
});

test.each([
  ['without a destination', [], /say where transfers may write: cdk deploy -c destinations=s3:\/\/bucket\/prefix\//m],
  ['with a port that is none', ['destinations=s3://target', 'ports=https'], /^ports must be a list of whole numbers/m],
])('cdk synth %s says so in a sentence, without a stack trace', async (name, context, sentence) => {
  const { failed, said } = await synth(name.replaceAll(' ', '-'), context);
  expect(failed).toBe(true);
  expect(said).toMatch(sentence);
  expect(said).not.toMatch(/^\s+at /m);
});
