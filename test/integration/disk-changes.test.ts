import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOOK } from '../reliability/kill-points/play.ts';
import { startCli } from '../support/cli-process.ts';
import { startOrigin } from '../support/origin.ts';

test('a copy of one byte makes no more changes to the disk than it has to', async () => {
  await using origin = await startOrigin();
  const url = origin.serve('/a.bin', { bytes: Buffer.from('x'), etag: '"a"' });
  const home = await mkdtemp(join(tmpdir(), 'piecework-changes-'));
  try {
    const log = join(home, 'log');
    const environment = { HOME: home, NODE_OPTIONS: `--import ${HOOK}`, KILL_UNDER: join(home, ''), KILL_LOG: log };
    const run = (name: string) =>
      startCli(['copy', url, join(home, name), '--quiet'], { cwd: home, environment }).ended;
    expect((await run('first.bin')).exitCode).toBe(0);
    // The second one finds its folders.
    await rm(log);
    expect((await run('second.bin')).exitCode).toBe(0);
    const changes = (await readFile(log, 'utf8')).trimEnd().split('\n');
    const syncs = changes.filter((change) => change.startsWith('handle.sync '));
    expect(syncs.length).toBeLessThanOrEqual(9);
    expect(changes.filter((change) => !change.includes('.cache/')).length).toBeLessThanOrEqual(85);
  } finally {
    await rm(home, { recursive: true });
  }
});
