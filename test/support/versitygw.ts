import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { S3Server, ServerProcess } from './s3-process.ts';
import { ServerMissing, startOnFreePort } from './s3-process.ts';

const HOW = 'go install github.com/versity/versitygw/cmd/versitygw@v1.8.0, or PIECEWORK_VERSITYGW=/path/to/versitygw';

/** Paths of PEM files. */
interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export type MortalS3Server = S3Server & Pick<ServerProcess, 'crash' | 'revive'>;

/**
 * Finds versitygw, a real S3 server that is not ours; what is returned starts it on a temporary folder.
 * @throws ServerMissing
 */
export async function versitygw(): Promise<(tls?: TlsFiles) => Promise<MortalS3Server>> {
  const command = await findVersitygw();
  return (tls) => start(command, tls);
}

async function start(command: string, tls: TlsFiles | undefined): Promise<MortalS3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'piecework-versitygw-'));
  const [objects, versions] = [join(folder, 'objects'), join(folder, 'versions')];
  for (const one of [objects, versions]) await mkdir(one);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test-secret' };
  const server = await startOnFreePort({
    command,
    // Without --keep-alive it closes each connection after one answer.
    args: (port) => [
      '--port',
      `127.0.0.1:${port}`,
      '--keep-alive',
      '--quiet',
      ...(tls === undefined ? [] : ['--cert', tls.certFile, '--key', tls.keyFile]),
      'posix',
      '--versioning-dir',
      versions,
      objects,
    ],
    env: () => ({
      PATH: process.env['PATH'],
      ROOT_ACCESS_KEY: credentials.accessKeyId,
      ROOT_SECRET_KEY: credentials.secretAccessKey,
    }),
    path: '/',
    scheme: tls === undefined ? 'http' : 'https',
  });
  return {
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials,
    crash: () => server.crash(),
    revive: () => server.revive(),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function findVersitygw(): Promise<string> {
  const given = process.env['PIECEWORK_VERSITYGW'];
  const folders = given === undefined ? [...(process.env['PATH'] ?? '').split(delimiter), ...(await goBin())] : [];
  for (const path of given === undefined ? folders.map((folder) => join(folder, 'versitygw')) : [given]) {
    if (await isExecutable(path)) return path;
  }
  throw new ServerMissing(`versitygw was not found${given === undefined ? '' : ` at ${given}`}: ${HOW}`);
}

async function goBin(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)('go', ['env', 'GOBIN', 'GOPATH']);
    const [bin = '', path = ''] = stdout.split('\n');
    return [bin, ...(path === '' ? [] : path.split(delimiter).map((folder) => join(folder, 'bin')))].filter(
      (folder) => folder !== '',
    );
  } catch {
    return [];
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
