import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../test/support/daemon.ts';
import type { S3Server } from '../../test/support/s3-process.ts';
import { startOnFreePort } from '../../test/support/s3-process.ts';

/** Finds MinIO; what is returned starts it on a temporary folder. @throws ServerMissing */
export async function minio(): Promise<() => Promise<S3Server>> {
  const command = await findProgram('minio', 'it is one program, to be put on the path');
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'piecework-minio-'));
    const credentials = { accessKeyId: 'piecework', secretAccessKey: 'piecework-secret' };
    const server = await startOnFreePort({
      command,
      args: (port) => ['server', '--quiet', '--address', `127.0.0.1:${port}`, folder],
      env: () => ({
        PATH: process.env['PATH'],
        HOME: folder,
        MINIO_ROOT_USER: credentials.accessKeyId,
        MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
        MINIO_BROWSER: 'off',
      }),
      path: '/minio/health/live',
    });
    return {
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials,
      async [Symbol.asyncDispose]() {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  };
}
