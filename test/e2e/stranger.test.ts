import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { bootstrap, deployApp } from './deploy.ts';
import { Pipeline } from './pipeline.ts';
import type { Cloud } from './stand-in.ts';
import { startCloud } from './stand-in.ts';

// A stranger's CDK app: the packed tarball, installed beside aws-cdk-lib, without esbuild,
// as an ES module and as CommonJS.

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');

let folder: string;
let origin: Origin;
let cloud: Cloud;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-stranger-'));
  [origin, cloud] = await Promise.all([startOrigin(), startCloud()]);
  // `npm run e2e` has built dist.
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  for (const variant of ['esm', 'cjs']) {
    const app = join(folder, variant);
    await cp(join(ROOT, 'examples', 'cdk-app', variant), app, { recursive: true });
    await run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', join(folder, tarball)], {
      cwd: app,
    });
  }
}, 300_000);

afterAll(async () => {
  await cloud?.[Symbol.asyncDispose]();
  await origin?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['esm', 'app.mjs'],
  ['cjs', 'app.cjs'],
])('%s: twenty lines, no esbuild, and cdk synth gives the four functions', async (variant, file) => {
  const app = join(folder, variant);
  expect((await readFile(join(app, file), 'utf8')).split('\n').length).toBeLessThanOrEqual(21);
  expect(await readdir(join(app, 'node_modules'))).not.toContain('esbuild');
  await run(join(app, 'node_modules', '.bin', 'cdk'), ['synth', '--quiet', '--no-notices'], {
    cwd: app,
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` },
  });
  const template = JSON.parse(await readFile(join(app, 'cdk.out', 'Transfers.template.json'), 'utf8')) as {
    Resources: Record<string, { Type: string }>;
  };
  expect(Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function')).toHaveLength(4);
});

test.runIf((process.env['STAND_IN'] ?? 'ministack') !== 'aws').each(['esm', 'cjs'])(
  '%s: it deploys, and moves a file',
  async (variant) => {
    await bootstrap(cloud);
    const deployment = await deployApp(cloud, join(folder, variant), 'Transfers', {
      sources: `127.0.0.1:${origin.port}`,
    });
    const pipeline = new Pipeline(cloud, deployment);
    const bucket = pipeline.output('BucketName');
    const size = 20 * 1024 ** 2;
    const destination = { bucket, key: `incoming/${variant}` };
    const { status, body } = await pipeline.call('POST', '/v1/transfers', {
      source: { url: origin.serve(`/${variant}`, { size }) },
      destination,
    });
    expect(status).toBe(202);
    await pipeline.until(String(body['id']), 'completed');
    expect(await pipeline.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: destination.key }))).toMatchObject({
      ContentLength: size,
    });
  },
);
