import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCli } from '../support/cli-process.ts';
import { startOrigin } from '../support/origin.ts';

// What another account of this machine can read of a running command: its arguments.

const CANARY = 'c4nary-Zq7wXr2LmT';

test.runIf(process.platform === 'linux')(
  'a process list shows the verb, and neither a password nor the URL',
  async () => {
    await using home = await mkdtempDisposable(join(tmpdir(), 'piecework-list-'));
    await using origin = await startOrigin();
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const url = origin.serve('/big.bin', (_request, response) => {
      resolve();
      response.on('close', () => {});
    });
    const { process: child, ended } = startCli(
      ['copy', '-u', `me:${CANARY}`, '-H', `X-Token: ${CANARY}`, `${url}?sig=${CANARY}`, 'out.bin'],
      { cwd: home.path },
    );
    await asked;
    const shown = await readFile(`/proc/${child.pid}/cmdline`, 'latin1');
    child.kill('SIGTERM');
    await ended;
    expect(shown.replace(/\0+$/, '')).toBe('piecework copy');
  },
);

test('a URL that is read from a file is asked like any other, and stands in no argument at all', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'piecework-list-'));
  await using origin = await startOrigin();
  const url = origin.serve('/small.bin', { size: 1000, etag: '"v1"' });
  await writeFile(join(home.path, 'link'), `${url}?sig=${CANARY}\n`);
  const { exitCode, stdout, stderr } = await startCli(['copy', '@link'], { cwd: home.path }).ended;
  expect([exitCode, stdout.toString()]).toEqual([0, `${join(home.path, 'small.bin')}\n`]);
  expect(stderr).not.toContain(CANARY);
  expect(origin.requests[0]?.url).toBe(`/small.bin?sig=${CANARY}`);
});
