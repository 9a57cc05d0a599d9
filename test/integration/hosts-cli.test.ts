import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { folderRecords } from '../../lib/records/folder/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import { startCli } from '../support/cli-process.ts';
import { heldSource } from '../support/many-bench.ts';
import type { Origin } from '../support/origin.ts';
import { startOrigin } from '../support/origin.ts';
import { patternBytes } from '../support/pattern.ts';
import { startServer } from '../support/server-process.ts';

// `piecework hosts`: of a server, and of a state folder alone.

const MIB = 1024 ** 2;

let folder: string;
let origin: Origin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-hosts-'));
  origin = await startOrigin();
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function cli(...args: string[]) {
  const ended = await startCli([...args, '--state-dir', `${folder}/state`], { cwd: folder }).ended;
  return { ...ended, stdout: String(ended.stdout) };
}

test('a server says what it has seen', async () => {
  const { gate, url } = heldSource(origin, patternBytes(0, 10 * MIB));
  const { host } = new URL(url);
  await using server = await startServer(folder);
  expect(await cli('hosts')).toMatchObject({ exitCode: 0, stdout: '', stderr: expect.stringContaining('no host') });
  const options = { pieceSizeBytes: MIB, parallelism: 2 };
  const { id } = await server.client.submit({ source: { url }, destination: join(folder, 'a'), options });
  await vi.waitFor(() => expect(gate.waiting).toBe(2), { timeout: 20_000 });
  const [heading = '', line = ''] = (await cli('hosts')).stdout.split('\n');
  expect(heading.split(/ {2,}/)).toEqual([
    'HOST',
    'OPEN',
    'BEARS',
    'RATE',
    'PER CONNECTION',
    'PIECES',
    'ASKED',
    'WAIT',
    'FAILURES',
  ]);
  expect(line).toMatch(new RegExp(`^${host} +2 +`));
  const found = await cli('hosts', '--json');
  expect(JSON.parse(found.stdout)).toMatchObject({
    type: 'result',
    home: server.server.url,
    hosts: [{ name: host, connections: { now: 2 }, errors: {} }],
  });
  gate.open();
  await server.untilEnded(id);
  const { hosts } = await server.client.hosts();
  expect(hosts).toMatchObject([{ name: host, requests: 10 }]);
  expect(hosts[0]?.connectionBytesPerSecond).toBeGreaterThan(0);
});

test('a state folder says what it remembers', async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  {
    const records = folderRecords({ folder: join(folder, 'state') });
    await records.put(KEYS.host('origin.example=8443'), { v: 1, closedUntil: until }, 'absent');
    await records[Symbol.asyncDispose]();
  }
  const shown = await cli('hosts');
  expect(shown.stdout.split('\n')[1]).toMatch(/^origin\.example:8443 +0 +- +- +- +- +- +(59m\d*s?|1h) +-$/);
  const { hosts } = JSON.parse((await cli('hosts', '--json')).stdout);
  expect(hosts).toEqual([{ name: 'origin.example:8443', connections: { now: 0 }, errors: {}, closedUntil: until }]);
});
