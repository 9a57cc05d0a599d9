import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { reportLinks } from '../../lib/aws/report-link.ts';
import { versitygw } from '../support/versitygw.ts';
import { withServer } from '../support/with-server.ts';

const ID = '01JZ8QH5X3M9V7T2B4N6K8R0CD';

await withServer('versitygw', versitygw, (start) =>
  test('a link reads the report of a batch, and nothing else', async () => {
    await using server = await start();
    const { endpoint, region, credentials } = server;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    const prefix = "a b/it's (1)/";
    await client.send(new CreateBucketCommand({ Bucket: 'target' }));
    for (const name of [`piecework-report-${ID}.jsonl`, 'secret.bin'])
      await client.send(new PutObjectCommand({ Bucket: 'target', Key: `${prefix}${name}`, Body: `this is ${name}` }));
    const place = { kind: 's3', bucket: 'target', key: prefix, region, endpoint } as const;
    const link = await reportLinks(client, {})({ id: ID, place });
    const read = await fetch(link);
    expect([read.status, await read.text()]).toEqual([200, `this is piecework-report-${ID}.jsonl`]);
    const other = link.replace(`piecework-report-${ID}.jsonl`, 'secret.bin');
    expect((await fetch(other)).status).toBe(403);
    client.destroy();
  }),
);

test.each([
  [{ bucket: 'target', key: 'in/', region: 'eu-west-1' }, 'https://target.s3.eu-west-1.amazonaws.com/in/piecework'],
  [
    { bucket: 'my.target', key: '', region: 'cn-north-1' },
    'https://s3.cn-north-1.amazonaws.com.cn/my.target/piecework',
  ],
  [{ bucket: 'target', key: 'in/' }, 'https://target.s3.us-east-2.amazonaws.com/in/piecework'],
])('a link leads to where the bucket is (%j)', async (place, start) => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const client = new S3Client({ region: 'us-east-2', credentials });
  const url = new URL(await reportLinks(client, {})({ id: ID, place: { kind: 's3', ...place } }));
  expect(url.href.startsWith(start)).toBe(true);
  expect(url.searchParams.get('X-Amz-Expires')).toBe('900');
  expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host');
});
