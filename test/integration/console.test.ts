import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startCli } from '../support/cli-process.ts';
import type { ServedApi } from '../support/serve-api.ts';
import { serveApi } from '../support/serve-api.ts';
import { startServer } from '../support/server-process.ts';

// `piecework console` as its user has it: it opens the page of this machine, or one that signs for a deployment.

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-console-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const stateDir = () => join(folder, 'state');

/** An `xdg-open` that notes what it is given. */
async function fakeOpener(): Promise<{ readonly environment: Record<string, string>; opened(): Promise<string> }> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(
    join(bin, 'xdg-open'),
    `#!/bin/sh\necho "$@" > "${folder}/opened.draft"\nmv "${folder}/opened.draft" "${folder}/opened"\n`,
  );
  await chmod(join(bin, 'xdg-open'), 0o755);
  const environment = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, DISPLAY: ':9' };
  const opened = async () =>
    await vi.waitFor(async () => (await readFile(join(folder, 'opened'), 'utf8')).trim(), 10_000);
  return { environment, opened };
}

test.runIf(process.platform === 'linux')(
  'opens the page of the server that runs; its token is in no command line',
  async () => {
    await using server = await startServer(folder);
    const { environment, opened } = await fakeOpener();
    const cli = startCli(['console', '--state-dir', stateDir()], { cwd: folder, environment });
    const { exitCode, stdout, stderr } = await cli.ended;
    expect([exitCode, String(stdout)]).toEqual([0, '']);
    expect(stderr).toContain('opened in the browser');
    const given = await opened();
    expect(given).not.toContain(server.token);
    const page = await readFile(fileURLToPath(given), 'utf8');
    expect(page).toContain(`${server.server.url}/#token=${server.token}`);
  },
);

test('without a server it runs one; without a browser it prints the address', async () => {
  const args = ['console', '--json', '--no-open', '--state-dir', stateDir(), '--listen', '127.0.0.1:0'];
  const cli = startCli(args, { cwd: folder });
  const { address } = await lineOf(cli.process, 'console');
  const [base, token] = address.split('/#token=');
  const answer = await fetch(`${base}/v1/service`, { headers: { authorization: `Bearer ${token}` } });
  expect(await answer.json()).toMatchObject({ home: 'machine' });
  cli.process.kill('SIGTERM');
  expect((await cli.ended).signal ?? (await cli.ended).exitCode).not.toBe(1);
});

test('for a deployment it signs with the user’s own credentials, behind a gate of its own', async () => {
  await using api = await deployment();
  const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' };
  const args = ['console', '--json', '--no-open', '--state-dir', stateDir(), '--api', api.url];
  const cli = startCli(args, { cwd: folder, environment });
  const { address } = await lineOf(cli.process, 'console');
  const [base = '', token = ''] = address.split('/#token=');
  const authorization = `Bearer ${token}`;

  const page = await fetch(`${base}/`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const listed = await fetch(`${base}/v1/transfers?limit=5&status=failed,cancelled`, { headers: { authorization } });
  expect([listed.status, await listed.json()]).toEqual([200, { transfers: [] }]);
  const cancelled = await fetch(`${base}/v1/transfers/01/cancel`, { method: 'POST', headers: { authorization } });
  expect(cancelled.status).toBe(200);
  expect(api.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /prod/v1/transfers?limit=5&status=failed,cancelled',
    'POST /prod/v1/transfers/01/cancel',
  ]);
  for (const { headers } of api.requests) {
    expect(headers['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\//,
    );
    expect(JSON.stringify(headers)).not.toContain(token);
  }

  const before = api.requests.length;
  for (const headers of [
    {},
    { authorization: 'Bearer another-token-of-letters' },
    { authorization, origin: 'https://other.example' },
    { authorization, 'sec-fetch-site': 'cross-site' },
  ])
    expect(
      (await fetch(`${base}/v1/transfers`, { headers: new Headers(headers as Record<string, string>) })).status,
    ).toBeGreaterThan(400);
  expect((await fetch(`${base}/v1/../other`, { headers: { authorization } })).status).toBe(404);
  expect(api.requests).toHaveLength(before);

  // Its 401 is not ours.
  api.instead.push({ status: 401, body: '{"message":"Unauthorized"}' });
  expect((await fetch(`${base}/v1/transfers`, { headers: { authorization } })).status).toBe(403);
  cli.process.kill('SIGTERM');
  await cli.ended;
});

async function deployment(): Promise<ServedApi> {
  return await serveApi({ fetch: () => Response.json({ transfers: [] }) });
}

async function lineOf(
  child: ReturnType<typeof startCli>['process'],
  type: string,
): Promise<{ readonly address: string }> {
  let text = '';
  return await new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error(`it ended: ${text}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += String(chunk);
      for (const line of text.split('\n').slice(0, -1)) {
        const value = JSON.parse(line) as { readonly type: string; readonly address: string };
        if (value.type === type) resolve(value);
      }
    });
  });
}
