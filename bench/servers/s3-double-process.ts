import { startS3Double } from '../../test/support/s3-double.ts';

// The S3 double in a process of its own, so that its work is not measured as ours:
// `node s3-double-process.ts FOLDER [PUT_DELAY_MS]`. It says where it is in one line of JSON, and ends when its parent
// process does.

const [folder, putDelayMs] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder?');
const double = await startS3Double({ folder });
const { endpoint, region, credentials } = double;
if (putDelayMs !== undefined) {
  const what = { kind: 'delay', ms: Number(putDelayMs) } as const;
  double.fail({ operation: 'PutObject', times: Number.POSITIVE_INFINITY, what });
}
process.stdout.write(`${JSON.stringify({ endpoint, region, credentials })}\n`);
process.stdin.resume().on('end', () => process.exit());
