import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { Case } from '../case.ts';
import { expectSaid } from '../waiting.ts';

const MIB = 1024 ** 2;
let id = '';

export const destinationDenied: Case = {
  alarm: 'Destination denied',
  cause: 'the policy of the destination bucket denies writing',
  async bringAbout({ pipeline, origin }) {
    const since = Date.now();
    const Bucket = pipeline.buckets.target;
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [deny] });
    await pipeline.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    id = await pipeline.submit(origin.serve('/denied.bin', { size: 9 * MIB }), 'denied.bin');
    await pipeline.until(id, 'failed');
    return since;
  },
  async mend(scene) {
    const { pipeline } = scene;
    const listed = await scene.type('list', '--status', 'failed');
    expectSaid(listed.text, id);
    expectSaid((await scene.type('status', id)).text, 's3:PutObject', pipeline.buckets.target, 'DestinationDenied');
    await pipeline.s3.send(new DeleteBucketPolicyCommand({ Bucket: pipeline.buckets.target }));
    await scene.type('retry', id);
  },
  async prove({ pipeline }) {
    await pipeline.until(id, 'completed');
    await pipeline.prove('denied.bin', 9 * MIB);
  },
};
