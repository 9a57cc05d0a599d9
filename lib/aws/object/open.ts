import { DeleteObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createClient } from '../../api/client/client.ts';
import { PieceworkError } from '../../errors/error.ts';
import { serviceFailure } from '../../errors/foreign.ts';
import { ENV } from '../names.ts';
import type { ObjectParts } from './events.ts';

/** Stands in the metadata of each object that a transfer has made (`lib/destinations/s3/metadata.ts`). */
const TOKEN = 'piecework-token';

/** @throws PieceworkError `InvalidConfig`. */
export function openObjects(variables: Readonly<Record<string, string | undefined>> = process.env): ObjectParts {
  const url = variables[ENV.apiUrl];
  if (url === undefined || url === '')
    throw new PieceworkError('InvalidConfig', `${ENV.apiUrl} is not set: the construct PieceworkObject sets it`);
  const s3 = new S3Client({});
  return {
    client: createClient({ url, auth: { kind: 'aws' } }),
    async deleteObject(Bucket, Key) {
      try {
        const { Metadata = {} } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
        // What another program has put there since is not ours to delete.
        if (Metadata[TOKEN] === undefined) return;
        await s3.send(new DeleteObjectCommand({ Bucket, Key }));
      } catch (error) {
        // No object, or no bucket any more.
        if (serviceFailure(error).status !== 404) throw error;
      }
    },
  };
}
