import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { openLocal } from '../../lib/local/open.ts';
import { formsOf, unreadableDestinations, unreadableSources } from '../support/canary.ts';
import { testContext } from '../support/cli-context.ts';
import { startCli } from '../support/cli-process.ts';

// A URL with a password that is mistyped: the sentence says what is wrong and how it is written, without the password.

const CANARY = 'c4nary-Zq7wXr2LmT';
const FORMS = formsOf(CANARY);

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'piecework-logins-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function said(args: readonly string[]): Promise<string> {
  const context = {
    ...testContext({ environment: { HOME: home } }),
    openLocal: async (options: Parameters<typeof openLocal>[0]) =>
      openLocal({ ...options, stateDir: join(home, 'state') }),
  };
  expect(await run([...args, '--json', '--verbose'], context)).toBe(2);
  const text = context.stdout.text + context.stderr.text;
  expect(FORMS.filter((form) => text.toLowerCase().includes(form.toLowerCase()))).toEqual([]);
  return context.stderr.text;
}

test.each(unreadableSources(CANARY))('the source %s', async (source) => {
  const text = await said(['copy', source, join(home, 'out')]);
  if (source.includes('@')) expect(text).toContain(source.startsWith('gs:') ? 'gs://***' : '%2F');
  expect(await readdir(home)).not.toContain('out');
});

test.each(unreadableDestinations(CANARY))('the destination %s', async (destination) => {
  await said(['copy', 'file:///etc/hostname', destination]);
});

test.each([`me:${CANARY}/x@proxy:3128`, `http://me:12/${CANARY}@proxy:3128`, `ftp://me:${CANARY}@proxy:3128`])(
  'the proxy %s',
  async (proxy) => {
    vi.stubEnv('http_proxy', proxy);
    expect(await said(['copy', 'http://source.invalid/f', join(home, 'out')])).toContain('the proxy ');
  },
);

test.each([
  ['--endpoint-url', `https://me:${CANARY}@store`],
  ['--endpoint-url', `https://me:${CANARY}/x@store`],
  ['--region', `https://me:${CANARY}@store`],
  ['--expect-sha256', `https://me:${CANARY}@store`],
  ['--parallel', `me:${CANARY}@host`],
])('the option %s %s', async (option, value) => {
  await said(['copy', 'file:///etc/hostname', join(home, 'out'), option, value]);
});

test('the real binary', async () => {
  const { stdout, stderr, exitCode } = await startCli(
    ['copy', `ftp://me:12/${CANARY}@h/f`, 'out', '--json', '--verbose'],
    { cwd: home },
  ).ended;
  expect(exitCode).toBe(2);
  expect(`${stdout.toString()}${stderr}`).not.toContain(CANARY);
  expect(stderr).toContain('ftp://***@h/f');
});
