import { s3Subject } from '../support/s3-subject.ts';
import { versitygw } from '../support/versitygw.ts';
import { withServer } from '../support/with-server.ts';
import { destinationContract } from './destination.ts';

await withServer('versitygw', versitygw, (start) =>
  destinationContract('S3, versitygw', async () => s3Subject(await start())),
);
