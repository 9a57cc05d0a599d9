import { startS3Double } from '../../test/support/s3-double.ts';
import { sayReady } from './server-process.ts';

// node s3-double-process.ts FOLDER [PUT_DELAY_MS]: the S3 double, which says where it is in one line of JSON.

const [folder, putDelayMs] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder?');
const double = await startS3Double({ folder });
const { endpoint, region, credentials } = double;
if (putDelayMs !== undefined) {
  const what = { kind: 'delay', ms: Number(putDelayMs) } as const;
  double.fail({ operation: 'PutObject', times: Number.POSITIVE_INFINITY, what });
}
sayReady(JSON.stringify({ endpoint, region, credentials }));
