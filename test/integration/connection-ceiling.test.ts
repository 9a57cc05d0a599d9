import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLocal } from '../../lib/index.ts';
import { startBadFtp } from '../support/bad-ftp.ts';
import { startRelay } from '../support/counting-relay.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';
import { startSftpServer } from '../support/sftp-server.ts';
import { vsftpd } from '../support/vsftpd.ts';
import { withServer } from '../support/with-server.ts';

const PIECE_BYTES = 64 * 1024;
const SIZE = 60 * PIECE_BYTES;
const ALLOWED = 3;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'piecework-ceiling-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A run of its own, as of another process. Returns how many pieces were under way at one time. */
async function run(url: string, name: string, hostFingerprint?: string): Promise<number> {
  const underWay = new Set<number>();
  let most = 0;
  await using piecework = openLocal({
    stateDir: join(folder, 'state'),
    backoff: { baseMs: 20, capMs: 200 },
    onEvent(event) {
      if (event.type === 'piece.started') underWay.add(event.pieceNumber);
      if (event.type === 'piece.done' || event.type === 'piece.failed') underWay.delete(event.pieceNumber);
      most = Math.max(most, underWay.size);
    },
  });
  const options = { pieceSizeBytes: PIECE_BYTES, parallelism: 8 };
  const source = hostFingerprint === undefined ? { url } : { url, hostFingerprint };
  await piecework.copy({ source, destination: join(folder, name), options });
  expect((await readFile(join(folder, name))).equals(patternBytes(0, SIZE))).toBe(true);
  return most;
}

async function remembered(): Promise<{ readonly ceiling?: number }> {
  const [name = ''] = await readdir(join(folder, 'state', 'hosts'));
  const text = await readFile(join(folder, 'state', 'hosts', name), 'utf8');
  return (JSON.parse(text) as { value: { ceiling?: number } }).value;
}

/** One more may just have been tried. */
const LEARNED = expect.toSatisfy((ceiling: number) => ceiling === ALLOWED || ceiling === ALLOWED + 1);

test.each(['421', '530', '530, without a reason'] as const)(
  'three logins and no more (%s): remembered of the host, and the next transfer begins there',
  async (refusesWith) => {
    await using server = await startBadFtp({ size: SIZE, maxLogins: ALLOWED, refusesWith });
    expect(await run(server.url, 'one.bin')).toBeGreaterThan(ALLOWED + 1);
    expect(server.mostLogins).toBe(ALLOWED);
    expect(await remembered()).toMatchObject({ ceiling: LEARNED });
    expect(await run(server.url, 'two.bin')).toBeLessThanOrEqual(ALLOWED + 1);
  },
);

/**
 * As sshd does beyond its MaxStartups: a client gets the protocol's version, and is cut off
 * in the middle of the handshake.
 */
async function withCrowdedSsh(most: number, use: (url: string, fingerprint: string) => Promise<void>): Promise<number> {
  await using server = await startSftpServer();
  await using relay = await startRelay(server.port, { most, refusal: 'SSH-2.0-crowded\r\n' });
  await server.folder.put('file.bin', patternBytes(0, SIZE));
  const url = `sftp://${server.user}:${server.password}@127.0.0.1:${relay.port}/file.bin`;
  await use(url, server.hostKey.fingerprint);
  return relay.refused;
}

test('three SSH connections and no more, the others cut off in the handshake: it steps down, and goes on', async () => {
  const refused = await withCrowdedSsh(ALLOWED, async (url, fingerprint) => {
    await run(url, 'one.bin', fingerprint);
    expect(await remembered()).toMatchObject({ ceiling: LEARNED });
    expect(await run(url, 'two.bin', fingerprint)).toBeLessThanOrEqual(ALLOWED + 1);
  });
  expect(refused).toBeGreaterThan(0);
});

test('an SSH server that never lets anybody in is a clear error', async () => {
  await withCrowdedSsh(0, async (url, fingerprint) => {
    await failureOf(run(url, 'none.bin', fingerprint), 'SourceReset');
    expect(await readdir(folder)).not.toContain('none.bin');
  });
});

await withServer('vsftpd', vsftpd, (start) => {
  test('three connections of one address and no more, by vsftpd', async () => {
    await using server = await start({ maxConnections: ALLOWED });
    await server.folder.put('file.bin', patternBytes(0, SIZE));
    const url = `ftp://127.0.0.1:${server.port}/file.bin`;
    await run(url, 'one.bin');
    expect(await remembered()).toMatchObject({ ceiling: LEARNED });
    expect(await run(url, 'two.bin')).toBeLessThanOrEqual(ALLOWED + 1);
  });
});
