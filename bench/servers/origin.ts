import { createHash } from 'node:crypto';
import { link, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Nginx } from '../../test/support/nginx.ts';
import { nginx } from '../../test/support/nginx.ts';
import { patternBytes } from '../../test/support/pattern.ts';
import { vsftpd } from '../../test/support/vsftpd.ts';
import type { Entrance } from '../tools/job.ts';
import { startLimitedRelay } from './limited-relay.ts';
import { startSshServers } from './ssh-servers.ts';

/** Of one connection, where it is limited. */
const LIMIT_BYTES_PER_SECOND = 8 * 1024 ** 2;

export const SOURCES = {
  http: 'HTTP',
  https: 'HTTPS',
  'http-limited': 'HTTP limited to 8 MiB/s per connection',
  ftp: 'FTP',
  'ftp-limited': 'FTP limited to 8 MiB/s per connection',
  sftp: 'SFTP',
  'sftp-limited': 'SFTP limited to 8 MiB/s per connection',
} as const;
export type SourceName = keyof typeof SOURCES;

export interface NoiseFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** nginx, vsftpd and OpenSSH with the same files of noise; the last two start when they are first needed. */
export interface BenchOrigin extends AsyncDisposable {
  readonly nginx: Nginx;
  /** Makes the file where there is none; the same size is the same file. */
  file(sizeBytes: number): Promise<NoiseFile>;
  /** @throws ServerMissing */
  entrance(from: SourceName, file: NoiseFile): Promise<Entrance>;
}

type Way = (file: NoiseFile) => Promise<Entrance>;

export async function startBenchOrigin(): Promise<BenchOrigin> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await (await nginx())());
  const running = stack.move();
  const known = new Map<number, string>();
  const ways = new Map<SourceName, Way>();

  async function start(from: SourceName): Promise<Way> {
    switch (from) {
      case 'http':
      case 'https':
        return async ({ name }) => ({ url: `${server[from]}${name}` });
      case 'http-limited': {
        // nginx's own limit lets a quarter of a second's bytes through at once, for each request anew.
        const limits = { bytesPerSecond: LIMIT_BYTES_PER_SECOND };
        const { port } = running.use(await startLimitedRelay(Number(new URL(server.http).port), limits));
        return async ({ name }) => ({ url: `http://127.0.0.1:${port}/${name}` });
      }
      case 'ftp':
      case 'ftp-limited':
        return await startFtp(from === 'ftp' ? {} : { bytesPerSecond: LIMIT_BYTES_PER_SECOND });
      case 'sftp':
      case 'sftp-limited': {
        const ssh = running.use(await startSshServers(LIMIT_BYTES_PER_SECOND));
        const limited: Way = async ({ name }) => ssh.limited(join(server.folder, name));
        const free: Way = async ({ name }) => ssh.free(join(server.folder, name));
        ways.set('sftp', free).set('sftp-limited', limited);
        return from === 'sftp' ? free : limited;
      }
    }
  }

  async function startFtp(options: { bytesPerSecond?: number }): Promise<Way> {
    const { port, folder } = running.use(await (await vsftpd())(options));
    return async ({ name }) => {
      // The same bytes of the page cache, in the folder that vsftpd is shut up in.
      await link(join(server.folder, name), join(folder.path, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      return { url: `ftp://127.0.0.1:${port}/${name}` };
    };
  }

  return {
    nginx: server,
    async file(sizeBytes) {
      const name = `${sizeBytes}.bin`;
      const sha256 = known.get(sizeBytes) ?? (await writeNoise(join(server.folder, name), sizeBytes));
      known.set(sizeBytes, sha256);
      return { name, sizeBytes, sha256 };
    },
    async entrance(from, file) {
      const way = ways.get(from) ?? (await start(from));
      ways.set(from, way);
      return await way(file);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function writeNoise(path: string, sizeBytes: number): Promise<string> {
  const step = 16 * 1024 ** 2;
  const hash = createHash('sha256');
  await using file = await open(path, 'w');
  for (let at = 0; at < sizeBytes; at += step) {
    const bytes = patternBytes(at, Math.min(step, sizeBytes - at));
    hash.update(bytes);
    await file.writeFile(bytes);
  }
  await file.sync();
  return hash.digest('hex');
}
