import type { S3Client } from '@aws-sdk/client-s3';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { serviceFailure } from '../../errors/foreign.ts';
import type { RecordKey } from '../../records/records.ts';
import { parseEnvelope } from '../../values/envelope.ts';
import { onService } from './on-service.ts';

/** A marker: work remains of a transfer or a batch. */
export interface Marker {
  readonly id: string;
  readonly run: number;
  /** Unix milliseconds at which it was put. */
  readonly at: number;
}

/** A deployment's records, for who only looks: what can't be read stays where it is, too. */
export interface RecordsView {
  /** `undefined` = nothing there. @throws PieceworkError `HomeRefused`, `HomeUnavailable`. */
  read<T>(key: RecordKey<T>): Promise<T | 'unreadable' | undefined>;
  /** Of transfers (`active/`) or of batches (`active-batches/`). @throws as `read` */
  markers(prefix: 'active/' | 'active-batches/'): AsyncGenerator<Marker>;
}

/** @param client closed by its maker */
export function recordsView(client: S3Client, Bucket: string): RecordsView {
  const target = `the records bucket ${Bucket}`;
  return {
    async read<T>({ path: Key }: RecordKey<T>) {
      return await onService(target, 's3:GetObject', async () => {
        try {
          const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
          const envelope = parseEnvelope((await Body?.transformToString('utf-8')) ?? '');
          return envelope === undefined ? 'unreadable' : (envelope.value as T);
        } catch (error) {
          if (serviceFailure(error).name === 'NoSuchKey') return undefined;
          throw error;
        }
      });
    },

    async *markers(Prefix) {
      const pages = paginateListObjectsV2({ client }, { Bucket, Prefix });
      for (;;) {
        const page = await onService(target, 's3:ListBucket', () => pages.next());
        if (page.done === true) return;
        for (const { Key = '', LastModified } of page.value.Contents ?? []) {
          const [, id = '', run = ''] = Key.split('/');
          if (id !== '' && run !== '') yield { id, run: Number(run), at: LastModified?.getTime() ?? 0 };
        }
      }
    },
  };
}
