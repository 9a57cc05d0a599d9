import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import type { Case } from '../case.ts';
import type { Scene } from '../scene.ts';
import { expectSaid, until } from '../waiting.ts';

const MIB = 1024 ** 2;
const SIZE = 24 * MIB;
let id = '';

export const bucketDeleted: Case = {
  alarm: undefined,
  saidBy: 'the transfer fails, and says it',
  cause: 'the destination bucket is deleted while a transfer writes to it',
  async bringAbout({ pipeline, origin }) {
    const since = Date.now();
    const url = origin.serve('/deleted.bin', { size: SIZE, bytesPerSecond: MIB });
    id = await pipeline.submit(url, 'deleted.bin', { pieceSizeBytes: 5 * MIB, parallelism: 2 });
    await until('pieces come', async () => (await pipeline.status(id))['status'] === 'transferring');
    await deleteBucket({ pipeline });
    await pipeline.until(id, 'failed');
    return since;
  },
  async mend(scene) {
    const { pipeline } = scene;
    const Bucket = pipeline.buckets.target;
    expectSaid((await scene.type('list', '--status', 'failed')).text, id);
    expectSaid((await scene.type('status', id)).text, Bucket, /DestinationMissing|UploadLost/);
    await pipeline.s3.send(new CreateBucketCommand({ Bucket }));
    await scene.type('retry', id);
  },
  async prove({ pipeline }) {
    await pipeline.until(id, 'completed');
    await pipeline.prove('deleted.bin', SIZE);
    const { Uploads = [] } = await pipeline.s3.send(
      new ListMultipartUploadsCommand({ Bucket: pipeline.buckets.target }),
    );
    if (Uploads.length > 0) throw new Error('an upload was left');
  },
};

/** With all that is in it. */
async function deleteBucket({ pipeline }: Pick<Scene, 'pipeline'>): Promise<void> {
  const Bucket = pipeline.buckets.target;
  const { Contents = [] } = await pipeline.s3.send(new ListObjectsV2Command({ Bucket }));
  const Objects = Contents.map(({ Key = '' }) => ({ Key }));
  if (Objects.length > 0) await pipeline.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  await pipeline.s3.send(new DeleteBucketCommand({ Bucket }));
}
