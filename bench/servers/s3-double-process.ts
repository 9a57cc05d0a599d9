import { startS3Double } from '../../test/support/s3-double.ts';

// The S3 double in a process of its own, so that its work is not measured as ours: `node s3-double-process.ts FOLDER`.
// It says where it is in one line of JSON, and ends when its parent process does.

const folder = process.argv[2];
if (folder === undefined) throw new Error('which folder?');
const { endpoint, region, credentials } = await startS3Double({ folder });
process.stdout.write(`${JSON.stringify({ endpoint, region, credentials })}\n`);
process.stdin.resume().on('end', () => process.exit());
