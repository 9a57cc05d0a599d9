import type { Certificate } from './certificates.ts';
import { sharedFolder, startFtpServer } from './ftp-server.ts';
import { patternBytes } from './pattern.ts';
import { startS3Double } from './s3-double.ts';
import { startSftpServer } from './sftp-server.ts';

/** One file behind one scheme, and what the command line needs to fetch it. */
export interface OneFile extends AsyncDisposable {
  readonly url: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export const FILE_BYTES = 8 * 1024 ** 2 + 321;

/** By scheme; `secret` is the password, whatever it is called there. */
export const ONE_FILE: Readonly<
  Record<string, (secret: string, tls: Certificate, caFile: string) => Promise<OneFile>>
> = {
  async ftp(secret) {
    const server = await startFtpServer({ password: secret });
    await server.folder.put('big.bin', patternBytes(0, FILE_BYTES));
    return {
      url: `ftp://me:${secret}@127.0.0.1:${server.port}/big.bin`,
      args: [],
      environment: {},
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  async ftps(secret, tls, caFile) {
    const server = await startFtpServer({ password: secret, tls });
    await server.folder.put('big.bin', patternBytes(0, FILE_BYTES));
    return {
      url: `ftps://me:${secret}@127.0.0.1:${server.port}/big.bin`,
      args: ['--ca-file', caFile],
      environment: {},
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  async sftp(secret) {
    const server = await startSftpServer({ password: secret });
    await server.folder.put('big.bin', patternBytes(0, FILE_BYTES));
    return {
      url: `sftp://me:${secret}@127.0.0.1:${server.port}/big.bin`,
      args: ['--host-fingerprint', server.hostKey.fingerprint],
      environment: {},
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  async s3() {
    const store = await startS3Double();
    store.makeBucket('source-bucket');
    await putInto(store, patternBytes(0, FILE_BYTES));
    const { accessKeyId, secretAccessKey } = store.credentials;
    return {
      url: `s3://${accessKeyId}:${encodeURIComponent(secretAccessKey)}@source-bucket/big.bin`,
      args: ['--source-endpoint-url', store.endpoint, '--source-region', store.region],
      environment: {},
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  },
  async file() {
    const folder = await sharedFolder();
    await folder.put('big.bin', patternBytes(0, FILE_BYTES));
    return {
      url: `file://${folder.path}/big.bin`,
      args: [],
      environment: {},
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};

async function putInto(store: Awaited<ReturnType<typeof startS3Double>>, bytes: Uint8Array): Promise<void> {
  const { PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const { endpoint, region, credentials } = store;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new PutObjectCommand({ Bucket: 'source-bucket', Key: 'big.bin', Body: bytes }));
  client.destroy();
}
