import { startS3Double } from '../support/s3-double.ts';
import { s3Subject } from '../support/s3-subject.ts';
import { destinationContract } from './destination.ts';

const small = { minPartBytes: 1000, pageSize: 2 } as const;

destinationContract('S3, our double as AWS', async () =>
  s3Subject(await startS3Double(small), { pieceBytes: 700_000 }),
);
destinationContract('S3, our double with COMPOSITE checksums, completing once', async () =>
  s3Subject(await startS3Double({ ...small, checksums: 'COMPOSITE', completeAgain: 'NoSuchUpload' }), {
    pieceBytes: 300_000,
  }),
);
