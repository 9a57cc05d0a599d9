import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startFtpServer } from '../support/ftp-server.ts';
import { patternBytes } from '../support/pattern.ts';
import { startSftpServer } from '../support/sftp-server.ts';
import { clientOf } from './pipeline.ts';
import type { Cloud } from './stand-in.ts';

/** More than three pieces of the least size. */
export const OTHER_BYTES = 17 * 1024 ** 2 + 5;
export const OTHER_SCHEMES = ['ftp', 'sftp', 's3'] as const;
/** Where the deployment reads with its own rights. */
export const SOURCE_BUCKET = 's3://piecework-e2e-released/open/';
type OtherScheme = (typeof OTHER_SCHEMES)[number];

/** Servers on this machine with the same file each, for whatever is not HTTP. */
export interface OtherSources extends AsyncDisposable {
  readonly ports: readonly number[];
  /**
   * Two objects of one bucket, of which the deployment may read the first for every
   * caller; sources without credentials.
   */
  objects(): Promise<{ readonly open: string; readonly closed: string }>;
  /** The source of a request to the API; the password can be another one than the server's. */
  locate(scheme: OtherScheme, password?: string): Promise<Readonly<Record<string, unknown>>>;
}

export async function startOtherSources(cloud: Cloud, secret: string): Promise<OtherSources> {
  const bytes = patternBytes(0, OTHER_BYTES);
  const [ftp, sftp] = [await startFtpServer({ password: secret }), await startSftpServer({ password: secret })];
  for (const { folder } of [ftp, sftp]) await folder.put('file.bin', bytes);
  const store = cloud.endpoint === undefined ? [] : [Number(new URL(cloud.endpoint).port)];

  /** Another bucket of the stand-in itself, with credentials that come with the source. */
  async function inBucket(): Promise<Readonly<Record<string, unknown>>> {
    const [Bucket, client] = ['piecework-e2e-source', new S3Client(clientOf(cloud))];
    await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'file.bin', Body: bytes }));
    client.destroy();
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = cloud.env;
    return {
      url: `s3://${Bucket}/file.bin`,
      auth: { kind: 'aws', accessKeyId, secretAccessKey },
      store: { endpoint: cloud.endpoint, region: cloud.region },
    };
  }

  async function objects() {
    const { hostname: Bucket } = new URL(SOURCE_BUCKET);
    const client = new S3Client(clientOf(cloud));
    await client.send(new CreateBucketCommand({ Bucket }));
    for (const Key of ['open/file.bin', 'closed/file.bin'])
      await client.send(new PutObjectCommand({ Bucket, Key, Body: bytes }));
    client.destroy();
    return { open: `s3://${Bucket}/open/file.bin`, closed: `s3://${Bucket}/closed/file.bin` };
  }

  return {
    objects,
    ports: [ftp.port, sftp.port, ...store],
    async locate(scheme, password = secret) {
      switch (scheme) {
        case 'ftp':
          return { url: `ftp://me:${password}@127.0.0.1:${ftp.port}/file.bin` };
        case 'sftp':
          return {
            url: `sftp://127.0.0.1:${sftp.port}/file.bin`,
            auth: { kind: 'basic', user: 'me', password },
            hostFingerprint: sftp.hostKey.fingerprint,
          };
        case 's3':
          return await inBucket();
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([ftp[Symbol.asyncDispose](), sftp[Symbol.asyncDispose]()]);
    },
  };
}
