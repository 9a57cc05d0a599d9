import { vi } from 'vitest';
import { startS3Double } from '../support/s3-double.ts';
import { s3Subject } from '../support/s3-subject.ts';
import { versitygw } from '../support/versitygw.ts';
import { withServer } from '../support/with-server.ts';
import { destinationContract } from './destination.ts';

// Where a bucket is only for the SDK to ask (an access point, S3 Express), it sends parts and objects, too.
vi.mock('../../lib/s3/direct/example.ts', () => ({ exampleOf: async () => undefined }));

destinationContract('S3 through the SDK, our double', async () =>
  s3Subject(await startS3Double({ minPartBytes: 1000, pageSize: 2 }), { pieceBytes: 700_000 }),
);
await withServer('versitygw', versitygw, (start) =>
  destinationContract('S3 through the SDK, versitygw', async () => s3Subject(await start())),
);
