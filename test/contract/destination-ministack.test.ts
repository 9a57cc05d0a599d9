import { miniStack } from '../support/ministack.ts';
import { s3Subject } from '../support/s3-subject.ts';
import { withServer } from '../support/with-server.ts';
import { destinationContract } from './destination.ts';

await withServer(
  'MiniStack',
  () => miniStack('patched'),
  (start) => destinationContract('S3, MiniStack with its gaps closed', async () => s3Subject(await start())),
);
await withServer(
  'MiniStack',
  () => miniStack('stock'),
  (start) => destinationContract('S3, MiniStack as it comes', async () => s3Subject(await start())),
);
