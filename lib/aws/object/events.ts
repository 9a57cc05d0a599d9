import type { ApiClient } from '../../api/client/client.ts';
import { asPieceworkError, PieceworkError } from '../../errors/error.ts';
import { readProperties } from './properties.ts';

/** What CloudFormation's provider framework hands over, as far as it is read. */
export interface ObjectEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  /** The same in a repetition. */
  readonly RequestId: string;
  readonly ResourceProperties: unknown;
  readonly PhysicalResourceId?: string;
  /** Of `onEvent`, when it is asked whether it is complete. */
  readonly Data?: unknown;
}

export interface ObjectAnswer {
  /** The place: another one is another object, and CloudFormation deletes the old one after the update. */
  readonly PhysicalResourceId: string;
  readonly Data?: { readonly TransferId: string };
}

export interface Completeness {
  readonly IsComplete: boolean;
  /** Attributes; '' = there is none. */
  readonly Data?: Readonly<Record<'TransferId' | 'SizeBytes' | 'Sha256' | 'ETag' | 'VersionId' | 'Unchanged', string>>;
}

export interface ObjectParts {
  readonly client: Pick<ApiClient, 'submit' | 'get'>;
  /** Deletes what Piecework has brought there, and nothing else. */
  deleteObject(bucket: string, key: string): Promise<void>;
}

/** Each look waits for a change, within the function's time. */
const LOOK_SECONDS = 10;

/**
 * Begins to bring an object, or takes it away. A repetition of the same request is the same transfer, and what is there
 * in the same version is left alone.
 */
export async function onObjectEvent({ client, deleteObject }: ObjectParts, event: ObjectEvent): Promise<ObjectAnswer> {
  const { url, sha256, bucket, key, deletes, deadlineMs } = readProperties(event.ResourceProperties);
  const PhysicalResourceId = `s3://${bucket}/${key}`;
  if (event.RequestType === 'Delete') {
    if (deletes) await deleteObject(bucket, key);
    return { PhysicalResourceId: event.PhysicalResourceId ?? PhysicalResourceId };
  }
  const { id } = await client.submit(
    {
      source: { url },
      destination: { bucket, key },
      options: { ifExists: 'if-changed', deadlineMs, expect: { digests: { sha256 } } },
    },
    { idempotencyKey: event.RequestId },
  );
  return { PhysicalResourceId, Data: { TransferId: id } };
}

/** @throws Error why the transfer ended without the object: CloudFormation shows the sentence. */
export async function isObjectComplete({ client }: ObjectParts, event: ObjectEvent): Promise<Completeness> {
  if (event.RequestType === 'Delete') return { IsComplete: true };
  const { TransferId } = Object(event.Data) as { TransferId?: unknown };
  if (typeof TransferId !== 'string')
    throw new PieceworkError('Internal', 'the framework does not hand over the id of the transfer');
  const transfer = await lookAt(client, TransferId);
  if (transfer === undefined) return { IsComplete: false };
  const { status, result, reason } = transfer;
  if (status === 'failed' || status === 'cancelled')
    throw new Error(`transfer ${TransferId} ${status} (${reason?.code}): ${reason?.message}`);
  if (status !== 'completed' || result === undefined) return { IsComplete: false };
  const { sha256 } = readProperties(event.ResourceProperties);
  const { sizeBytes, etag = '', versionId = '', unchanged = false } = result;
  return {
    IsComplete: true,
    Data: {
      TransferId,
      SizeBytes: String(sizeBytes),
      Sha256: sha256,
      ETag: etag,
      VersionId: versionId,
      Unchanged: String(unchanged),
    },
  };
}

/** `undefined` = the API can't be asked now: the next look may. */
async function lookAt(client: ObjectParts['client'], id: string) {
  try {
    return await client.get(id, { waitSeconds: LOOK_SECONDS });
  } catch (thrown) {
    const error = asPieceworkError(thrown);
    if (error.reaction === 'fail') throw error;
    return undefined;
  }
}
